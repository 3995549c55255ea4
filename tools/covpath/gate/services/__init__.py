"""What Codecov and Mergify make of checks: statuses and conditions that may be the real gate."""
