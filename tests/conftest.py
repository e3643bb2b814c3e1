"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# How long an example takes depends on what else the machine does, so there is no deadline. The same examples are tried
# each time, so that a red run tells of the change and not of the day's luck; new ones are looked for with
# `pytest --hypothesis-profile=explore`, and what it finds becomes a case of its own.
settings.register_profile("buildwatch", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("buildwatch")
