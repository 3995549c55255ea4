set +e
[ "$FIRST" = success ]
status=$?
exit $status
