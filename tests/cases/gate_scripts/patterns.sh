if [[ "$RESULTS" == *failure* || "$RESULTS" == *cancelled* ]]; then exit 1; fi
