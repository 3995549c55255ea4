count=$(echo "$RESULTS" | tr " " "\n" | grep -c failure || true)
[ "$count" -eq 0 ]
