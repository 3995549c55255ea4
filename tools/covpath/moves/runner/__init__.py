"""Runner moves: labels, groups, matrix entries, time limits."""
