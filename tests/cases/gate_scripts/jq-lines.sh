while read -r name result; do
  echo "$name"
  if [[ "$result" != success ]]; then exit 1; fi
done < <(jq -r 'to_entries[] | "\(.key) \(.value.result)"' <<< "$NEEDS")
