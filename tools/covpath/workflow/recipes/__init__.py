"""What stands behind a command that only names a recipe: tox, just, make, npm, nox, hatch, scripts."""
