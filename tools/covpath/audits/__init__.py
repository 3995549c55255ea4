"""The audit's rules: one file, one id, one folder of cases, one explanation each."""
