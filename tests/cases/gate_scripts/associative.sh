declare -A found=([build]="$FIRST" ["unit-test"]="$SECOND")
for job in "${!found[@]}"; do
  if [[ "${found[$job]}" != "success" ]]; then
    echo "$job: ${found[$job]}"
    bad=1
  fi
done
[ "${bad:-0}" -eq 0 ]
