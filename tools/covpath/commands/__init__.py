"""One file per verb of the command line, each a pipeline that reads from top to bottom."""
