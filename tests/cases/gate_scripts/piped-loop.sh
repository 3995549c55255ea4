echo "$RESULTS" | tr " " "\n" | while read -r one; do [ "$one" = success ] || exit 1; done
