"""YAML as text: bytes, spans, routes, splices and proofs. Knows nothing of GitHub."""
