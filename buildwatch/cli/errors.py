"""The one exception of the commands."""

from __future__ import annotations


class UserError(Exception):
    """A sentence for the person at the keyboard: what, where and how to mend it. `status` becomes the exit status."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
