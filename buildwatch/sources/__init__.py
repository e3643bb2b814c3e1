"""Talking to servers: connections, the keeping of a store in step with them, and actions."""

import sys

# httpx tries to bring a command line of its own (click, rich's highlighting): half of its import time, and without it
# the library is the same. None here makes that one import fail, for which httpx is prepared.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
