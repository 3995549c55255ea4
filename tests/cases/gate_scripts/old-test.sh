test "$FIRST" = success && test "$SECOND" = success
