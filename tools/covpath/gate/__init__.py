"""What a fault in a job does to the run, to the checks and to a merge: one simulator for all."""
