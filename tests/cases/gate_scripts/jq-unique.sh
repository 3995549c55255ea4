R=$(echo "$NEEDS" | jq -c "[.[].result] | unique")
if [ "$R" = '["success"]' ]; then exit 0; else exit 1; fi
