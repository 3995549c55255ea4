if [[ "$RESULTS" =~ (failure|cancelled) ]]; then
  exit 1
fi
echo fine
