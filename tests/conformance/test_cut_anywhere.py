"""Cut at any frame of any recording, and the end is the same: by what is said, and over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from random import Random

import pytest
from hypothesis import settings

from buildwatch.clock import ServerClock
from buildwatch.config.settings import ServerSettings
from buildwatch.config.token import plain
from buildwatch.merge import is_another_run, settled
from buildwatch.model import Build, BuildKey, RepoKey
from buildwatch.sources.connect import connect
from buildwatch.sources.watch import Watcher
from buildwatch.store import Move, Store
from tests.conformance.kinds import tree
from tests.conformance.recordings import Place, Raw, Recording, recordings, wire
from tests.sources.conftest import wall
from tests.sources.replay import Replay, replaying

THOROUGH = settings.get_current_profile_name() == "explore"
"""Whether each frame is tried where else some are: `--hypothesis-profile=explore`, which takes half an hour."""

RECORDINGS = pytest.mark.parametrize("recording", recordings(), ids=str)


def said(recording: Recording) -> tuple[list[tuple[int, Build]], list[Build]]:
    """What the stream told, with the frames that it took, and what a read of each build gives in the end."""
    of = wire(recording.kind)
    told = [(at, of.event(json.dumps(event).encode())[1]) for at, event in recording.events]
    ends = [of.build(slug, json.dumps(raw).encode()) for (slug, _), raw in recording.ends.items()]
    return told, ends


def applied(builds: Iterable[Build]) -> tuple[dict[BuildKey, Build], list[Move]]:
    """The builds in the end, and the moves of the builds themselves."""
    store, moves, keys = Store(), [], []
    for build in builds:
        keys.append(build.key)
        moves += [move for move in store.apply(build, news=True).moves if move.stage is None]
    return {key: held for key in keys if (held := store.build(key)) is not None}, moves


def assert_each_end_once(moves: list[Move]) -> None:
    """Each move within a run goes on where the one before it ended, so no end of a run is told twice."""
    last: dict[BuildKey, Move] = {}
    for move in moves:
        before = last.get(move.build.key)
        if before is None or is_another_run(before.build, move.build):
            assert move.before in (None, before.after if before and not before.after.ended else None)
        else:
            assert (move.before, move.after) == (before.after, move.after)
            assert move.after != before.after
        last[move.build.key] = move


@pytest.mark.parametrize("recording", [one for one in recordings() if one.kind != "drone-0.5"], ids=str)
def test_cut_at_any_frame(recording: Recording) -> None:
    """All that was lost is in what is read after the cut; what the next stream tells then changes nothing.

    An event of 0.5 tells nothing but that there is something to be read: see the wire.
    """
    told, ends = said(recording)
    events = [build for _, build in told]
    whole, _ = applied([*events, *ends])
    assert all(whole[build.key].stages == build.stages for build in ends if build.stages is not None)
    for cut in range(len(events) + 1):
        after_the_cut, moves = applied([*events[:cut], *ends])
        assert after_the_cut == whole, f"cut after {cut} events"
        assert_each_end_once(moves)
        with_the_rest, moves = applied([*events[:cut], *ends, *events[cut:]])
        assert with_the_rest == whole, f"cut after {cut} events, and the rest came late"
        assert_each_end_once(moves)


@RECORDINGS
def test_a_cut_within_an_event_loses_that_event_alone(recording: Recording) -> None:
    """A part of a message is none: after any frame there are the events that were complete, and no other."""
    complete = [at for at, _ in recording.events]
    for cut in range(0, len(recording.frames) + 1, 1 if THOROUGH else max(1, len(recording.frames) // 40)):
        part = Recording(recording.kind, recording.name, recording.frames[:cut], {})
        assert [at for at, _ in part.events] == [at for at in complete if at <= cut]


LONGEST = {kind: max((one for one in recordings() if one.kind == kind), key=lambda one: len(one.ends)) for kind in
           ("drone-0.5", "drone-0.7", "drone-0.8", "drone-1", "drone-2", "woodpecker")}  # fmt: skip
"""Of each kind, the recording that tells of most builds."""


def cuts() -> list[tuple[Recording, int]]:
    """Recordings, and after how many frames they are cut."""
    if THOROUGH:
        return [(one, cut) for one in recordings() for cut in range(len(one.frames) + 1)]
    return [(one, int(len(one.frames) * share)) for one in LONGEST.values() for share in (0.0, 0.38, 0.77, 0.99)]


@pytest.mark.parametrize(("recording", "cut"), cuts(), ids=str)
async def test_cut_on_the_wire(recording: Recording, cut: int) -> None:
    """A watcher sees a server whose stream is cut, reads how all ended meanwhile, and opens the stream again."""
    kind = recording.kind
    async with replaying(wire(kind).version) as site:
        stage = Stage(site, recording)
        stage.before(cut)
        store, changed = Store(), asyncio.Event()
        source = connect(ServerSettings("s", site.url, plain("secret"), kind=kind), ServerClock(), wall)
        watcher = Watcher(source, store, lambda _: changed.set(), random=Random(1), now=wall)
        task = asyncio.create_task(watcher.run())
        try:
            await site.was_asked(f"GET {stage.wire.stream}", 2)
            stage.after(cut)
            wanted = {place: brief(build) for place, build in stage.ends.items()}

            def known() -> dict[Place, str]:
                return {place: brief(held(store, *place)) for place in wanted}

            with suppress(TimeoutError):
                async with asyncio.timeout(120):
                    while known() != wanted:
                        changed.clear()
                        await changed.wait()
            await asyncio.sleep(21)
            assert known() == wanted
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await source.close()


def held(store: Store, slug: str, number: int) -> Build | None:
    """What is known of a build."""
    return next((build for build in store.builds(RepoKey("s", slug)) if build.number == number), None)


def brief(build: Build | None) -> str:
    """How and when a build ended."""
    return "unknown" if build is None else f"{tree(build)} {build.finished}"


class Stage:
    """A server that says what was recorded: a stream that is cut, and then how all ended."""

    def __init__(self, site: Replay, recording: Recording) -> None:
        self.site = site
        self.wire = wire(recording.kind)
        self.recording = recording
        self.ends = {(build.repo, build.number): settled(build) for build in said(recording)[1]}

    def before(self, cut: int) -> None:
        """Nothing is known of any build but what the stream tells; then it is cut."""
        site = self.site
        site.say("GET /version", {"version": "2.28.1" if self.wire.kind == "drone-2" else "1.10.1"})
        site.say("GET /api/user", {"login": "dana", "admin": False})
        self._lists({})
        for path in self._reads():
            site.say(path, "away", status=503, type="text/plain")
        self._stream(cut, 0, open=False)

    def after(self, cut: int) -> None:
        """How all ended can be read, and the stream goes on, some frames later."""
        newest: dict[str, Raw] = {}
        of_repo: dict[str, list[Raw]] = defaultdict(list)
        for (slug, number), raw in sorted(self.recording.ends.items(), reverse=True):
            newest.setdefault(slug, raw)
            of_repo[slug].append(raw)
            self.site.say(self._read(slug, number), raw)
        for slug, raws in of_repo.items():
            for path in self._pages(slug):
                self.site.say(path, [_row(raw) for raw in raws])
        self._lists(newest)
        self._stream(cut, min(cut + 7, len(self.recording.frames)), open=True)

    def _stream(self, cut: int, begin: int, *, open: bool) -> None:
        sent = self.recording.frames[begin:] if open else self.recording.frames[:cut]
        if self.wire.socket:
            rows = [frame for frame in sent if not isinstance(frame, bytes)]
            self.site.socket(self.wire.stream, rows, "open" if open else "cut")
        else:
            self.site.stream(self.wire.stream, b"".join(line for line in sent if isinstance(line, bytes)), open=open)

    def _reads(self) -> list[str]:
        places = [self._read(*place) for place in self.recording.ends]
        return [*places, *(path for slug in self.recording.repos for path in self._pages(slug))]

    def _read(self, slug: str, number: int) -> str:
        if self.wire.kind == "woodpecker":
            return f"GET /api/repos/{self.recording.repos[slug]['id']}/pipelines/{number}"
        return f"GET /api/repos/{slug}/builds/{number}"

    def _pages(self, slug: str) -> list[str]:
        if self.wire.kind == "woodpecker":
            return [f"GET /api/repos/{self.recording.repos[slug]['id']}/pipelines?page=1&perPage=50"]
        early = self.wire.kind.startswith("drone-0")
        return [f"GET /api/repos/{slug}/builds?page=1" + ("" if early else "&per_page=100")]

    def _lists(self, newest: Mapping[str, Raw]) -> None:
        site, repos = self.site, self.recording.repos
        if self.wire.kind == "woodpecker":
            rows = [
                repo | ({"last_pipeline": _row(newest[slug])} if slug in newest else {}) for slug, repo in repos.items()
            ]
            site.say("GET /api/user/repos", rows)
            site.say("GET /api/user/feed?latest=true", [])
            site.say("GET /api/user/feed", [])
        elif self.wire.kind.startswith("drone-0"):
            names = ("owner", "name", "full_name")
            rows = [{name: repo[name] for name in names} | _row(newest.get(slug, {})) for slug, repo in repos.items()]
            site.say("GET /api/user/feed?latest=true", [{k: v for k, v in row.items() if k != "id"} for row in rows])
            site.say("GET /api/user/feed", [])
            site.say("GET /api/user/repos", list(repos.values()))
        else:
            bare = [{key: value for key, value in repo.items() if key != "build"} for repo in repos.values()]
            rows = [repo | ({"build": _row(newest[repo["slug"]])} if repo["slug"] in newest else {}) for repo in bare]
            site.say("GET /api/user/repos?latest=true", rows)
            site.say("GET /api/user/builds", [])


def _row(raw: Raw) -> Raw:
    """A build as lists have it."""
    return {key: value for key, value in raw.items() if key not in ("stages", "procs", "jobs", "workflows")}
