jq -e '[.[].result] | contains(["failure"]) | not' <<< "$NEEDS"
