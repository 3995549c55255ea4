"""What was seen: the records of trials, of runners, and of what others saw or said. Runs nothing."""
