"""Gate moves: what makes a job or step advisory or blocking, added and taken away."""
