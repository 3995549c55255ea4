"""What holds for all tests: property tests are the same on every run, unless asked to explore."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A change must not fail for what chance finds in code it did not touch; COVPATH_EXPLORE=1 lets chance look.
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explore" if os.environ.get("COVPATH_EXPLORE") else "steady")
