"""Whose a build is, as real servers of each kind tell it: `mine` finds it for those and for nobody else."""

from __future__ import annotations

import json

import pytest

from buildwatch.tui.filters import Filter
from tests.conformance.recordings import Recording, recordings, wire

WHO = ("author", "author_login", "sender", "trigger")
"""The fields in which a server of whatever kind names a user by login."""


@pytest.mark.parametrize("recording", recordings(), ids=str)
def test_mine_is_what_the_server_says_i_wrote_sent_or_started(recording: Recording) -> None:
    of, found = wire(recording.kind), 0
    for _, event in recording.events:
        raw = of.of(event)[1]
        repo, build = of.event(json.dumps(event).encode())
        for login in {str(raw.get(field) or "") for field in WHO} - {""}:
            if raw.get("event") == "cron" and login == raw.get("sender"):
                continue  # the name of the cron job
            assert Filter("mine").shows(repo, build, login), login
            assert Filter("mine").shows(repo, build, login.upper()), "code hosts take logins without regard to case"
            found += 1
        assert not Filter("mine").shows(repo, build, "somebody-else")
    assert found
