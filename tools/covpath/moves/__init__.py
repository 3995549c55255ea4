"""Moves: changes of a job's gate, backend, runner or time limit, proposed, explained and proven."""
