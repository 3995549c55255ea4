if jq -e 'any(.[]; .result | test("failure|cancelled"))' <<< "$NEEDS"; then exit 1; fi
