"""What holds for all tests."""

from hypothesis import settings

settings.register_profile(
    "buildwatch", deadline=None
)  # how long an example takes depends on what else the machine does
settings.load_profile("buildwatch")
