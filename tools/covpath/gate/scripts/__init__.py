"""What a script is about, and what becomes of a failure in it."""
