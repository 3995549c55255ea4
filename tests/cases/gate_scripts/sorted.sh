kinds=$(tr " " "\n" <<< "$RESULTS" | sort -u)
[ "$kinds" = success ]
