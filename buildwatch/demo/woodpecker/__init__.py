"""The demo server as Woodpecker 3."""
