state=$(echo "$NEEDS" | jq -r ".build.result // \"none\"")
[ "$state" = success ]
