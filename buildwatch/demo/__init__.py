"""A CI server on loopback that speaks the real API, with builds of its own."""
