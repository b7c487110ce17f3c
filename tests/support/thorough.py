"""How many examples tests of arithmetic draw, and which."""

import os

from hypothesis import HealthCheck, settings

# TINYEDGE_EXAMPLES=5000 searches at random instead of repeating the same few.
SEARCH = os.environ.get("TINYEDGE_EXAMPLES")
thorough = settings(
    max_examples=int(SEARCH or 40),
    derandomize=SEARCH is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
