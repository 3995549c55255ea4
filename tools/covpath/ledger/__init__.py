"""The exceptions file: what it says, by when, since when, and how it is written without disturbing it."""
