"""What a person can have done to a build, or a new one: in words, as the call that will be made, and the doing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import urlencode

from buildwatch.model import Build, Status
from buildwatch.sources.base import Source
from buildwatch.sources.errors import Denied

NAMES = ("restart", "cancel", "approve", "decline", "promote", "rollback")

RENEWING = frozenset({"drone-0.5", "drone-0.7"})
"""The servers (`Source.kind`) on which a restarted build keeps its number, and only its last run is known."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action on one build. `target` is where to promote or roll back to; `params` go with a new build."""

    name: str
    build: Build
    target: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """The name of the server that does it."""
        return self.build.server

    @property
    def about(self) -> str:
        """What it is done to."""
        return self.build.address

    def filled(self, typed: Mapping[str, str]) -> Action:
        """The same with what a person typed for `target` and `params`. Raises ValueError with a sentence."""
        return replace(self, target=typed.get("target", ""), params=read_params(typed.get("params", "").split()))

    @property
    def impossible(self) -> str:
        """Why this cannot be done to the build as it is known; empty when it can."""
        status, address = self.build.status, self.build.address
        if self.name == "cancel" and status.ended:
            return f"{address} has already ended ({status})"
        if self.name in ("approve", "decline") and not _has_blocked(self.build):
            return f"{address} does not wait for approval (it is {status})"
        if self.name == "restart" and status == Status.DECLINED:
            return f"{address} was declined: a declined build cannot be started again"
        if self.name in ("promote", "rollback") and not self.target:
            return f"{self.name} needs a target, for example production"
        return ""

    def says(self, kind: str) -> str:
        """What it will do on such a server (`Source.kind`), as a sentence for a person to agree to."""
        address = self.build.address
        with_params = f" with {', '.join(f'{key}={value}' for key, value in self.params.items())}" * bool(self.params)
        blocked = sum(stage.status == Status.BLOCKED for stage in self.build.stages or ())
        waiting = f" ({blocked} stages wait)" if blocked > 1 else ""
        unapproved = ", without approval" if self.build.status == Status.BLOCKED else ""
        anew, instead = (
            ("under its own number", ", in place of its last run") if kind in RENEWING else ("as a new build", "")
        )
        return {
            "restart": f"run {address} again {anew}{with_params}{instead}{unapproved}",
            "cancel": f"stop {address}; what has not run yet will not run",
            "approve": f"let {address} run{waiting}",
            "decline": f"refuse {address}{waiting}; it cannot be started again",
            "promote": f"deploy {address} to {self.target} as a new build{with_params}",
            "rollback": f"take {self.target} back to {address} as a new build{with_params}",
        }[self.name]

    def call(self, kind: str) -> str:
        """The call that will be made, as it stands in the API of such a server (`Source.kind`)."""
        method, path, query = "POST", f"/api/repos/{self.build.repo}/builds/{self.build.number}", dict(self.params)
        if kind == "woodpecker":
            path = f"/api/repos/{{id of {self.build.repo}}}/pipelines/{self.build.number}"
        early = kind == "woodpecker" or kind.startswith("drone-0")
        if self.name in ("promote", "rollback"):
            deployment = {"event": "deployment", "deploy_to": self.target}
            query = (deployment if early else {"target": self.target}) | query
            if kind in RENEWING:
                query["fork"] = "true"
        if self.name in ("approve", "decline"):
            path += f"/{self.name}" + "/{stage}" * (not early)
        elif self.name in ("promote", "rollback") and not early:
            path += f"/{self.name}"
        elif self.name == "cancel" and kind == "woodpecker":
            path += "/cancel"
        elif self.name == "cancel":
            method, path = "DELETE", path + "/{stage}" * early
        return f"{method} {path}" + "?" * bool(query) + "&".join(f"{key}={value}" for key, value in query.items())

    async def run(self, source: Source) -> Build | None:
        """Do it. The new build, where there is one. Raises `SourceError`."""
        if self.name not in source.actions:
            raise Denied(unknown_to(source, self.name), 405)
        slug, number = self.build.repo, self.build.number
        if self.name == "restart":
            return await source.restart(slug, number, self.params)
        if self.name == "promote":
            return await source.promote(slug, number, self.target, self.params)
        if self.name == "rollback":
            return await source.rollback(slug, number, self.target, self.params)
        plain = {"cancel": source.cancel, "approve": source.approve, "decline": source.decline}
        await plain[self.name](slug, number)
        return None


@dataclass(frozen=True, slots=True)
class NewBuild:
    """A new build of a repo, without a push: of a branch's newest commit, or of a `commit`; of the default branch where
    neither is given.
    """

    server: str
    repo: str
    branch: str = ""
    commit: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    name: ClassVar = "create"
    impossible: ClassVar = ""

    @property
    def about(self) -> str:
        """What it is done to."""
        return self.repo

    def filled(self, typed: Mapping[str, str]) -> NewBuild:
        """The same with what a person typed for `branch`, `commit` and `params`. Raises ValueError with a sentence."""
        params = read_params(typed.get("params", "").split())
        return replace(self, branch=typed.get("branch", ""), commit=typed.get("commit", ""), params=params)

    def says(self, kind: str) -> str:
        """What it will do, as a sentence for a person to agree to."""
        del kind
        commit, branch = f"commit {self.commit}" * bool(self.commit), f"branch {self.branch}" * bool(self.branch)
        of = " on ".join(filter(None, (commit, branch))) or "of its default branch"
        given = f" with {', '.join(f'{key}={value}' for key, value in self.params.items())}" * bool(self.params)
        return f"start a new build of {self.repo}, {of}{given}"

    def call(self, kind: str) -> str:
        """The call that will be made, as it stands in the API of such a server (`Source.kind`)."""
        if kind == "woodpecker":
            wanted = {"branch": self.branch or "its default branch", "variables": dict(self.params)}
            return f"POST /api/repos/{{id of {self.repo}}}/pipelines {json.dumps(wanted)}"
        where = {key: value for key, value in (("branch", self.branch), ("commit", self.commit)) if value}
        query = dict(self.params) | where
        return f"POST /api/repos/{self.repo}/builds" + "?" * bool(query) + urlencode(query)

    async def run(self, source: Source) -> Build | None:
        """Do it. The new build, where the server tells of one. Raises `SourceError`."""
        if self.name not in source.actions:
            raise Denied(unknown_to(source, self.name), 405)
        return await source.create(self.repo, self.branch, self.commit, self.params)


Deed = Action | NewBuild


def unknown_to(source: Source, name: str) -> str:
    """The sentence for an action that a server does not know."""
    return f"{source.name} runs {source.kind}, which knows no {name}"


def read_params(words: list[str]) -> dict[str, str]:
    """`KEY=VALUE` words as parameters. Raises ValueError with a sentence for one that is not."""
    params = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ValueError(f"{word} is not a parameter; it should look like KEY=VALUE")
        params[key] = value
    return params


def _has_blocked(build: Build) -> bool:
    """Whether it waits for approval: its stages say so, or itself on servers that make them once it is approved."""
    if build.status == Status.BLOCKED:
        return True
    if build.stages is None:
        return not build.status.ended  # not known yet: the server will say
    return any(stage.status == Status.BLOCKED for stage in build.stages)
