"""Benchmarks on GitHub's own runners: the workflow that measures there, what runs in it, what comes back."""
