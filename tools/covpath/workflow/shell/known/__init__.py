"""Scripts whose inputs are known, run in imagination to their exit status: what a hand-written gate decides."""
