"""The demo server as Drone 0.5, 0.7 or 0.8."""
