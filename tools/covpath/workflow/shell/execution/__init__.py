"""Bash's rules about exit statuses, run on scripts whose commands are only imagined."""
