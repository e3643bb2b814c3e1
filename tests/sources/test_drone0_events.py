"""The feeds of Drone 0.5 to 0.8 as they were recorded, cut anywhere, over real sockets."""

from __future__ import annotations

import json

import pytest

from buildwatch.merge import merge_build, settled
from tests.sources.early import KINDS, asking, feed, told_by
from tests.sources.replay import Frame, recorded

FEEDS = [
    (kind, name)
    for kind in KINDS
    for name in recorded(kind)["streams"]
    if name.startswith(("events_", "feed_")) and "all_scenarios" not in name and "whole_session" not in name
]


def ends_of(kind: str) -> dict[str, str]:
    """By path: the last answer for a build, as it was in the end."""
    told = {name: of for name, of in recorded(kind)["answers"].items() if name.startswith("GET_build_")}
    whole = {of["path"]: of["body"] for of in told.values() if of["status"] == 200}
    for name, builds in recorded(kind)["lifecycle"].items():
        slug = "/".join(name.rsplit("_", 3)[1:3])
        whole[f"/api/repos/{slug}/builds/{builds[-1]['number']}"] = json.dumps(builds[-1])
    return {path: body for path, body in whole.items() if json.loads(body)["finished_at"]}


@pytest.mark.parametrize(("kind", "name"), FEEDS)
async def test_a_feed_cut_anywhere_and_then_a_read_end_as_the_server_had_it(kind: str, name: str) -> None:
    ends = ends_of(kind)
    async with asking(kind) as (site, source):
        await source.repos()
        for path, body in ends.items():
            site.say(f"GET {path}", body)
        for share in (0.3, 0.61, 0.87, 1):
            feed(site, kind, name, share)
            for known in await told_by(source):
                if f"/api/repos/{known.repo}/builds/{known.number}" not in ends:
                    continue
                end = settled(await source.build(known.repo, known.number))
                assert merge_build(known, end) == (end if end.run >= known.run else known)


@pytest.mark.parametrize("kind", KINDS)
async def test_events_of_others_and_strange_ones_are_no_harm(kind: str) -> None:
    async with asking(kind) as (site, source):
        await source.repos()
        slug = recorded(kind)["answers"]["GET_api_user_feed_latest=true"]["body"].partition('"full_name":"')[2]
        slug = slug.partition('"')[0]
        mine = {"repo": {"full_name": slug}, "build": {"number": 77, "status": "pending"}}
        strange = [b"[]", b"{", b"\xff\xfe", b'{"repo":{"full_name":"a/b"},"build":{}}', json.dumps(mine).encode()]
        if kind == "drone08":
            site.stream("/stream/events", b"".join(b"data: " + data + b"\n\n" for data in strange))
        else:
            site.socket("/ws/feed", [Frame("text", data) for data in strange])
        site.say(f"GET /api/repos/{slug}/builds/77", {"number": 77, "status": "pending"})
        assert [build.address for build in await told_by(source)] == [f"{slug}#77"]
