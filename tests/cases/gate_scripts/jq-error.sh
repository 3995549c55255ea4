jq '.[] | if .result != "success" then error("red") else empty end' <<< "$NEEDS"
