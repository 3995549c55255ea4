ok=true
check() { [ "$1" = success ] || ok=false; }
check "$FIRST"; check "$SECOND"
$ok
