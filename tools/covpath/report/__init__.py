"""Data to text, JSON, SARIF, annotations, Markdown and HTML. Decides nothing."""
