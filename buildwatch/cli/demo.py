"""`buildwatch demo`: a demo server in a process of its own, and the ordinary screen on it."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Final, cast

from buildwatch.cli.errors import UserError
from buildwatch.cli.output import say
from buildwatch.cli.screen import open_screen, require_terminal
from buildwatch.config import ServerSettings, Settings, token

if TYPE_CHECKING:
    from buildwatch.demo.kinds import Kind

_TOKEN: Final = "BUILDWATCH_DEMO_TOKEN"  # noqa: S105 - the name of a variable, not what is in it
_READY: Final = "DRONE_SERVER="


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show the demo, or with `--serve-only` serve it until interrupted."""
    if args.serve_only:
        return _serve(args)
    require_terminal()
    secret = secrets.token_hex(16)
    with _server(args, secret) as urls:
        source = token.from_env(_TOKEN, {_TOKEN: secret})
        demos = [ServerSettings(name, url, source, origins={"url": "buildwatch demo"}) for name, url in urls]
        shown = replace(settings, servers=tuple(demos), keep=False)
        if not args.notify:
            return open_screen(shown)
        from buildwatch.cli.demo_notify import notified

        with notified(urls, secret) as outbox:
            return open_screen(replace(shown, told=outbox))


def _serve(args: argparse.Namespace) -> int:
    from buildwatch.demo.serve import ServeError, serve, serve_all

    try:
        if args.kind == "all":
            serve_all(
                _every_kind(),
                lambda servers: say(*(f"{_READY}{url} DRONE_TOKEN={secret} # {kind}" for kind, url, secret in servers)),
                seed=args.seed,
                rate=args.rate,
                control=args.control,
                exit_with_parent=args.with_parent,
            )
            return 0
        serve(
            kind=args.kind,
            port=args.port,
            seed=args.seed,
            repos=args.repos,
            rate=args.rate,
            control=args.control,
            exit_with_parent=args.with_parent,
            ready=lambda url, secret: say(f"{_READY}{url}", f"DRONE_TOKEN={secret}"),
        )
    except ServeError as error:
        raise UserError(str(error)) from None
    return 0


def _every_kind() -> list[Kind]:
    from buildwatch.demo.kinds import KINDS

    return list(KINDS)


@contextmanager
def _server(args: argparse.Namespace, secret: str) -> Iterator[list[tuple[str, str]]]:
    """Names and addresses of demo servers that live as long as the block, and no longer than this process."""
    argv = [sys.executable, "-m", "buildwatch", "demo", "--serve-only", "--with-parent"]
    for name in ("kind", "port", "seed", "repos", "rate"):
        value = getattr(args, name)
        argv += [f"--{name}={value}"] if value is not None else []
    with subprocess.Popen(  # noqa: S603 - this very program
        argv,
        stdin=subprocess.PIPE,  # it ends when this is closed
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, _TOKEN: secret},
        start_new_session=True,  # Ctrl-C is for the screen
    ) as process:
        try:
            names = _every_kind() if args.kind == "all" else ["demo"]
            lines = [cast(IO[str], process.stdout).readline() for _ in names]
            if not all(line.startswith(_READY) for line in lines):
                said = cast(IO[str], process.stderr).read().strip().rpartition("\n")[2]
                raise UserError(said.removeprefix("buildwatch: ") or "the demo server did not start")
            yield [(name, line.removeprefix(_READY).split()[0]) for name, line in zip(names, lines, strict=True)]
        finally:
            process.terminate()
