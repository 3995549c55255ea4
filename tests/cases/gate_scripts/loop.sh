for result in $RESULTS; do
  if [[ "$result" != "success" && "$result" != "skipped" ]]; then
    echo "bad: $result"
    exit 1
  fi
done
