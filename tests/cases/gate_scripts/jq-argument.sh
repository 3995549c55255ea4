for job in build unit-test; do
  result=$(jq -r --arg job "$job" '.[$job].result' <<< "$NEEDS")
  [ "$result" = success ] || exit 1
done
