"""A fault's way through steps, jobs and calls, under each event that counts."""
