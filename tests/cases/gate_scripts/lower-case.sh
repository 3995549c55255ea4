[ "${FIRST^^}" = "SUCCESS" ] && [ "${SECOND//s/S}" = "SucceSS" ]
