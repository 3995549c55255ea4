echo "$NEEDS" | jq -e '[ .[] | .result == "success" ] | all'
