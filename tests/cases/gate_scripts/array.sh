IFS=, read -ra all <<< "$COMMAS"
for one in "${all[@]}"; do [[ $one == fail* ]] && exit 1; done
exit 0
