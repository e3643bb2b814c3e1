"""drone-slack's job, inside of a pipeline: what the environment says becomes the payload that it posts. Pure.

Sources: drone-slack v1.2.0, v1.4.1 and its main branch of 2025 (`main.go`, `plugin.go`, `util.go`), run side by side.
"""
