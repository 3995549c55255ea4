jq -e '([.[].result] - ["success", "skipped"]) == []' <<< "$NEEDS"
