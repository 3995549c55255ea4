if [ "$FIRST" != "success" -o "$SECOND" != "success" ]; then
  echo "::error::no"
  exit 1
fi
