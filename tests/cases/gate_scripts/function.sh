check() {
  local name="$1" result="$2"
  if [[ "$result" != success ]]; then
    echo "$name"
    return 1
  fi
}
check build "$FIRST"
check test "$SECOND"
