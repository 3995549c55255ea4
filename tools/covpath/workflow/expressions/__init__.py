"""GitHub's expression language, evaluated with what is known and honest about what is not."""
