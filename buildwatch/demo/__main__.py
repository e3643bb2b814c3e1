"""`python -m buildwatch.demo`: the demo server alone, for developing against it."""

from __future__ import annotations

import argparse
import sys

from buildwatch.demo.kinds import KINDS, Kind
from buildwatch.demo.serve import ServeError, serve, serve_all


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m buildwatch.demo", description=__doc__)
    parser.add_argument("--kind", choices=[*KINDS, "all"], default="drone-2")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--repos", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--history", type=int)
    parser.add_argument("--control", action="store_true")
    chosen = parser.parse_args()
    try:
        if chosen.kind == "all":
            serve_all(
                list(KINDS),
                _announce_all,
                seed=chosen.seed,
                rate=chosen.rate,
                history=chosen.history,
                control=chosen.control,
            )
        else:
            serve(**vars(chosen), ready=_announce)
    except ServeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _announce(url: str, token: str) -> None:
    sys.stdout.write(f"ready {url} {token}\n")
    sys.stdout.flush()


def _announce_all(servers: list[tuple[Kind, str, str]]) -> None:
    for kind, url, token in servers:
        sys.stdout.write(f"ready {kind} {url} {token}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
