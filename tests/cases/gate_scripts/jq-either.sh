jq --exit-status 'all(.result == "success" or .result == "skipped")' <<< "$NEEDS"
