if [ "$FIRST" = failure ]; then false; fi || true
