for r in $RESULTS; do
  case "$r" in
    success|skipped) ;;
    *) exit 1 ;;
  esac
done
