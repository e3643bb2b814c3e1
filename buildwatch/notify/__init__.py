"""From a build's end to the right people, once: rules say who hears of what, the outbox that it is told, once."""
