( [ "$FIRST" = success ] ) || ( exit 1 )
