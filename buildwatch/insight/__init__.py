"""What history says about a build: pure functions of the model."""
