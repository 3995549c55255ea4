echo "$RESULTS" | grep -q "failure\|cancelled" && exit 1 || exit 0
