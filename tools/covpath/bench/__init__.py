"""Running a coverage job's measuring command under a runner's limits, and recording what happened."""
