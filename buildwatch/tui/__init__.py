"""The screen: the Textual app, its widgets and their pure view models."""
