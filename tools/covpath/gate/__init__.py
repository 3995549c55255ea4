"""What a job's failure does to the run, to each check and to a merge.

``judge`` is the front and ``verdict`` what it says. ``scripts`` tells what a step's script makes of a failure,
``tracing`` what measures behind recipes and calls, ``simulation`` where a fault goes from there, and ``services``
what Codecov and Mergify make of the checks.
"""
