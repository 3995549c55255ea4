jq -e 'all(.[]; .result == "success")' <<< "$NEEDS"
