[ "$(jq '[.[] | select(.result == "failure" or .result == "cancelled")] | length' <<< "$NEEDS")" -eq 0 ]
