for result in "$FIRST" \
  "$SECOND"; do
  [ "$result" = success ] || exit 1
done
