[[ "$FIRST" == success ]] || echo "::warning::not green"
