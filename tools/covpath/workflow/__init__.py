"""What workflow files say: model, reading, expressions, shell, recipes, names across files."""
