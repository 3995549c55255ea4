"""The process that holds one trial. Starts once per trial, so it imports only small parts of the standard library."""
