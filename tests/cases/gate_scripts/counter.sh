failed=0
for r in $RESULTS; do
  if [ "$r" != success ]; then failed=$((failed + 1)); fi
done
if (( failed > 0 )); then exit 1; fi
