jq -e '.build.result as $r | $r == "success"' <<< "$NEEDS"
