[ "$FIRST" = failure ] && exit 1
true
