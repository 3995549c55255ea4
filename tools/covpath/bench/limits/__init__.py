"""Ways to confine a process tree: one file per way, and a table of them."""
