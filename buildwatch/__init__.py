"""buildwatch: a terminal build monitor for the Drone family of CI servers."""

__version__ = "0.1.0"
