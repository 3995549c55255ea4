"""Shell text in ``run:`` steps: words with exact spans, what a command's failure does to the script."""
