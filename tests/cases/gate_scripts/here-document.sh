while read -r one; do
  [ "$one" != failure ] || exit 1
done <<EOF
$FIRST
$SECOND
EOF
