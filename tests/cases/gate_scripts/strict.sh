set -euo pipefail
echo "$RESULTS" | grep -v failure > /dev/null
echo on
