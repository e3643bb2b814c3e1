"""What a template is given of an occasion: drone-slack's own names, and ours beside them. Pure.

Ours: `build.address duration seconds finished error sender trigger cron source steps previous`, `step.failed`,
`log.tail`, `log.excerpt`, `change`, `failures`, `sign`, `server`, `links`. They change no result of the original's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from buildwatch.model import Build, Stage, Status, Step
from buildwatch.notify import amounts
from buildwatch.notify.excerpts import excerpt
from buildwatch.notify.message import End
from buildwatch.notify.occasions import Links, Occasion, build_of
from buildwatch.notify.templates import drone_context
from buildwatch.notify.templates.values import Struct

TAIL: Final = 20
"""How many lines `log.tail` has, and `log.excerpt` at most."""

STEPS: Final = 200
"""How many steps a template is given."""

_SIGNS: Final[Mapping[str, str]] = {
    "success": ":white_check_mark:",
    "failure": ":x:",
    "error": ":warning:",
    "killed": ":no_entry_sign:",
    "skipped": ":fast_forward:",
    "declined": ":no_entry:",
    "blocked": ":raised_hand:",
    "running": ":hourglass_flowing_sand:",
}

Page = Callable[[Build, int | None, int | None], str]
"""The address of a build's page, or of its step's, by the numbers of stage and step."""


def sign(status: Status) -> str:
    """The emoji of a status."""
    return _SIGNS.get(status, ":grey_question:")


def failed_step(build: Build) -> tuple[Stage, Step] | None:
    """The step whose log tells why a build failed: the first that failed by itself, else the first that was ended."""
    found = [
        (stage, step)
        for stage in build.stages or ()
        for step in stage.steps
        if step.status.failed and not step.ignored and not stage.ignored
    ]
    own = [place for place in found if place[1].status != Status.KILLED]
    return next(iter(own or found), None)


def with_links(occasion: Occasion, page: Page) -> Occasion:
    """The occasion with the addresses of its pages."""
    build = occasion.build
    failed = failed_step(build)
    previous = occasion.standing.previous
    links = Links(
        page(build, None, None),
        page(build, failed[0].number, failed[1].number) if failed else "",
        page(build_of(previous), None, None) if previous else "",
    )
    return replace(occasion, links=links)


def context(occasion: Occasion, change: str = "") -> Struct:
    """The context of an occasion. `change` is said in place of the occasion's own."""
    build = occasion.build
    failed = failed_step(build)
    extra: dict[str, object] = {
        "build": _more(occasion),
        "step": {"failed": _step(*failed, occasion) if failed else {}},
        "log": {"tail": "\n".join(occasion.log[-TAIL:]), "excerpt": "\n".join(_excerpt(occasion, failed))},
        "change": change or occasion.change,
        "failures": occasion.standing.reds + (build.status in (Status.FAILURE, Status.ERROR)),
        "sign": sign(build.status),
        "server": Struct("Server", {"Name": build.server, "Url": _site(occasion)}, text=build.server),
        "links": {**occasion.links._asdict(), "commit": build.link},
    }
    return drone_context(_plugin(occasion), extra)


def _plugin(occasion: Occasion) -> dict[str, object]:
    """What the plugin has of it, in the JSON form of `drone_context`."""
    build = occasion.build
    owner, _, name = build.repo.rpartition("/")
    started = build.started or build.created
    return {
        "repo": {"owner": owner, "name": name},
        "build": {
            "tag": build.ref.removeprefix("refs/tags/") if build.ref.startswith("refs/tags/") else "",
            "event": build.event,
            "number": build.number,
            "parent": build.parent,
            "commit": build.commit,
            "ref": build.ref,
            "branch": build.branch,
            "author": {"username": build.author, "name": build.author_name},
            "pull": build.ref.split("/")[2] if build.ref.startswith("refs/pull/") else "",
            "message": build.message or build.title,
            "deployTo": build.deploy_to,
            "status": build.status,
            "link": occasion.links.build,
            "started": started,
            "created": build.created,
        },
        "job": {"started": started},
    }


def _more(occasion: Occasion) -> dict[str, object]:
    build, ended = occasion.build, occasion.ended
    return {
        "address": build.address,
        "duration": amounts.told(occasion.elapsed) if build.started and (ended or occasion.elapsed) else "",
        "seconds": int(occasion.elapsed),
        "finished": build.finished,
        "error": build.error,
        "sender": build.sender,
        "trigger": build.trigger,
        "cron": build.cron,
        "source": build.source,
        "steps": _steps(occasion),
        "previous": _previous(occasion.standing.previous, occasion.links.previous),
    }


def _steps(occasion: Occasion) -> list[object]:
    places = ((stage, step) for stage in occasion.build.stages or () for step in stage.steps)
    return [_step(stage, step) for _, (stage, step) in zip(range(STEPS), places, strict=False)]


def _step(stage: Stage, step: Step, occasion: Occasion | None = None) -> dict[str, object]:
    ran = max(0, step.stopped - step.started) if step.started and step.stopped else 0
    return {
        "name": step.name,
        "stage": stage.name,
        "number": step.number,
        "status": str(step.status),
        "exit_code": step.exit_code,
        "error": step.error,
        "image": step.image,
        "started": step.started,
        "stopped": step.stopped,
        "duration": amounts.told(ran) if step.started and step.stopped else "",
    } | ({"link": occasion.links.step} if occasion else {})


def _previous(end: End | None, link: str) -> dict[str, object]:
    if end is None:
        return {}
    return {
        "number": end.number,
        "address": f"{end.repo}#{end.number}",
        "status": str(end.status),
        "commit": end.commit,
        "author": end.author,
        "link": link,
        "started": end.started,
        "finished": end.finished,
    }


def _excerpt(occasion: Occasion, failed: tuple[Stage, Step] | None) -> list[str]:
    return excerpt(occasion.log, failed[1].exit_code if failed else 0, TAIL)


def _site(occasion: Occasion) -> str:
    """The server's address, as far as the build's page tells it."""
    page, _, _ = occasion.links.build.partition(f"/{occasion.build.repo}/")
    return page
