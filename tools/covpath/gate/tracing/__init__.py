"""How a job measures coverage, followed through recipes, actions, calls and data that jobs hand over."""
