echo hello
ls > /dev/null
