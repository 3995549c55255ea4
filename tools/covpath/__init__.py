"""covpath: a path for a coverage job that nobody trusts."""
