"""Talking to servers: connections, the keeping of a store in step with them, and actions."""
