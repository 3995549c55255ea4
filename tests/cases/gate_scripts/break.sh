for r in $RESULTS; do
  if [ $r = success ]; then continue; fi
  bad=yes
  break
done
[ -z "${bad-}" ]
