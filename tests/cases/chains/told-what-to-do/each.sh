#!/bin/sh
set -e
clean() { rm -rf work; }
trap clean EXIT
if [ "$#" = 0 ]; then
    set -- --quiet
fi
for folder in a b; do
    (cd "$folder" && pytest "$@") &
done
wait
