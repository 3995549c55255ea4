jq -r ".[].result" <<< "$NEEDS" | grep -qv success && exit 1
exit 0
