"""The lines about a selected server or namespace."""

from __future__ import annotations

import pytest

from buildwatch.model import Build, Repo, Status
from buildwatch.store import Link, Server
from buildwatch.tui.cells import Pieces
from buildwatch.tui.detail_places import group_lines, server_lines
from buildwatch.tui.page import Page

NOW = 1_795_420_000
SERVER = Server("ci.acme", "https://ci.acme.example", "drone", "2.28.1", "ann", True, Link.LIVE, heard=NOW - 90)


def texts(lines: list[Pieces]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_server_tells_who_where_and_how() -> None:
    assert texts(server_lines(SERVER, Page(60, NOW), repos=12, builds=1, requests=212)) == [
        "ci.acme                                                 live",
        "https://ci.acme.example",
        "drone 2.28.1 · ann, an admin",
        "",
        "its stream is open: what happens there is here at once",
        "",
        "12 repos and 1 build known, 212 requests sent",
        "last heard of 1 minute ago",
    ]


@pytest.mark.parametrize("link", Link)
def test_each_state_of_a_connection_is_told(link: Link) -> None:
    lines = texts(server_lines(Server("ci", "https://ci", link=link), Page(60, NOW), repos=0, builds=0, requests=0))
    assert lines[0].endswith(link.value)
    assert len(lines) == 6, "address, state in words, what is known: never a blank pane"


def test_what_is_wrong_with_a_server_is_said_in_its_own_words() -> None:
    said = "ci.acme does not accept the token (401). Set DRONE_TOKEN or token_command; press R to try again."
    lines = server_lines(
        Server("ci.acme", "https://ci", link=Link.REFUSED, said=said), Page(50, NOW), repos=0, builds=0, requests=3
    )
    wrong = [text for line in lines for text, style in line if style == "failure"]
    assert " ".join(wrong) == f"refused {said}"


def test_a_namespace_shows_first_what_somebody_has_to_look_at() -> None:
    def build(number: int, status: str) -> Build:
        return Build("ci", "acme/x", number, number, Status(status), created=NOW - 240)

    repos = [
        (Repo("ci", "acme/api"), build(4, "success")),
        (Repo("ci", "acme/gcd"), build(9, "running")),
        (Repo("ci", "acme/new"), None),
        (Repo("ci", "acme/pb"), build(2, "failure")),
        (Repo("ci", "acme/web"), build(3, "blocked")),
    ]
    assert texts(group_lines("acme", repos, Page(60, NOW))) == [
        "acme                                                 5 repos",
        "1 failure · 1 blocked · 1 running · 1 success",
        "",
        "✗ pb  #2 failure                                          4m",
        "◆ web  #3 blocked                                         4m",
        "● gcd  #9 running                                         4m",
        "✓ api  #4 success                                         4m",
        "  new  no builds yet",
    ]
