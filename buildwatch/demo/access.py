"""Who is asking, and what they may see and do: Drone 2.x's rules, with their surprises.

A wrong token is not refused: the request goes on as if it had none. `Bearer` is case-sensitive, and with a
header the query's token is not looked at.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

if TYPE_CHECKING:
    from buildwatch.demo.state import Repo


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token of their own."""

    id: int
    login: str
    email: str
    admin: bool
    token: str


@dataclass(frozen=True, slots=True)
class Rights:
    read: bool
    write: bool
    admin: bool


class Users:
    """The users of the server."""

    def __init__(self, users: tuple[User, ...]) -> None:
        self.users = users

    def asking(self, request: Request) -> User | None:
        """The user whose token came with the request; None is everybody else."""
        header = request.headers.get("authorization", "")
        token = header.removeprefix("Bearer ") if header else request.query_params.get("access_token", "")
        found = None
        for user in self.users:
            if hmac.compare_digest(user.token.encode(), token.encode()):
                found = user
        return found


def rights(user: User | None, repo: Repo) -> Rights:
    """What a user may do with a repo; an admin of the server may do everything."""
    if user and user.admin:
        return Rights(read=True, write=True, admin=True)
    level = repo.members.get(user.login, "") if user else ""
    return Rights(
        read=bool(level) or not repo.project.private,
        write=level in ("write", "admin"),
        admin=level == "admin",
    )


def listed(user: User, repo: Repo) -> bool:
    """Whether the repo is in the user's own list."""
    return user.login in repo.members


def streamed(user: User | None, repo: Repo) -> bool:
    """Whether a user's event stream carries the repo: his own list and what is public, admin or not."""
    return not repo.project.private or (user is not None and listed(user, repo))
