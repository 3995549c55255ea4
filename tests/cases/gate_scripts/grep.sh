if echo "$RESULTS" | grep -qE "failure|cancelled"; then exit 1; fi
