! echo "$RESULTS" | grep -q failure
