bad=$(jq -r 'to_entries[] | select(.value.result != "success") | .key' <<< "$NEEDS")
if [[ -n "$bad" ]]; then echo "$bad"; exit 1; fi
