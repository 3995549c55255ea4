"""Backend moves: the measuring command and all that hangs on it."""
