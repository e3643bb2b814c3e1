"""What holds for all tests."""

import os

from hypothesis import settings

# How long an example takes depends on what else the machine does. What is handed in is judged by the same examples each
# time; looking for new ones is for those who can look at what they find.
settings.register_profile("buildwatch", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("buildwatch")
