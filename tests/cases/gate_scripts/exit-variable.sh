exit $BAD
