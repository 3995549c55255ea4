"""What can fail for reasons beyond our code: files, processes, git, GitHub."""
