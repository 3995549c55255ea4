bad=$(jq -r '[to_entries[] | select(.value.result | IN("success", "skipped") | not) | "\(.key)=\(.value.result)"] | join(", ")' <<< "$NEEDS")
[ -z "$bad" ] || { echo "$bad"; exit 1; }
