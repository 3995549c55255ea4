"""Coverage backends: recognise a command, read it as a coverage request, write one from a request."""
