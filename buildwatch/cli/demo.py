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
from typing import IO, Final, cast

from buildwatch.cli.errors import UserError
from buildwatch.cli.output import say
from buildwatch.cli.screen import open_screen, require_terminal
from buildwatch.config import ServerSettings, Settings, token

_TOKEN: Final = "BUILDWATCH_DEMO_TOKEN"  # noqa: S105 - the name of a variable, not what is in it
_READY: Final = "DRONE_SERVER="


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show the demo, or with `--serve-only` serve it until interrupted."""
    if args.serve_only:
        return _serve(args)
    require_terminal()
    secret = secrets.token_hex(16)
    with _server(args, secret) as url:
        source = token.from_env(_TOKEN, {_TOKEN: secret})
        demo = ServerSettings("demo", url, source, origins={"url": "buildwatch demo"})
        return open_screen(replace(settings, servers=(demo,)))


def _serve(args: argparse.Namespace) -> int:
    from buildwatch.demo.serve import ServeError, serve

    try:
        serve(
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


@contextmanager
def _server(args: argparse.Namespace, secret: str) -> Iterator[str]:
    """The address of a demo server that lives as long as the block, and no longer than this process."""
    argv = [sys.executable, "-m", "buildwatch", "demo", "--serve-only", "--with-parent"]
    for name in ("port", "seed", "repos", "rate"):
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
            first = cast(IO[str], process.stdout).readline()
            if not first.startswith(_READY):
                said = cast(IO[str], process.stderr).read().strip().rpartition("\n")[2]
                raise UserError(said.removeprefix("buildwatch: ") or "the demo server did not start")
            yield first.removeprefix(_READY).strip()
        finally:
            process.terminate()
