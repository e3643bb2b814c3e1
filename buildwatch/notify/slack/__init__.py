"""Slack: incoming webhooks and the Web API, as sinks of the outbox."""
