jq -e 'if .build.result == "failure" then false elif ."unit-test".result == "failure" then false else true end' <<< "$NEEDS"
