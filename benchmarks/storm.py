"""Does `watch --json` tell every end of every build, once, and soon, while everything goes wrong?

A demo server with 300 repos of 25 builds starts 20 builds a second; it cuts every stream after 5 s, answers 5 % of
requests with 502, cancels 8 % of the builds silently, lets 5 % be born and end without any event and leaves holes in
the numbers. The ends that `watch --json` prints are held against the server's own truth, then `ls --json` against its
list of repos.

    python benchmarks/storm.py [--seconds 60] [--rate 20] [--repos 300]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

TOKEN = "storm"  # of a server that lives for a minute on loopback
FAULTS = {
    "seed": 7,
    "cut_streams_after": 5.0,
    "bad_gateway": 0.05,
    "silent_cancels": 0.08,
    "silent_builds": 0.05,
    "number_holes": 0.03,
    "late_numbers": 0.02,
}
SETTLE = 25.0
ENDED = {"success", "failure", "error", "killed", "skipped", "declined"}


@contextmanager
def demo(repos: int, rate: float) -> Iterator[str]:
    """A demo server of its own process; its address."""
    command = [sys.executable, "-m", "buildwatch.demo", "--seed", "3", "--repos", str(repos), "--history", "25"]
    env = os.environ | {"BUILDWATCH_DEMO_TOKEN": TOKEN}
    server = subprocess.Popen([*command, "--rate", str(rate), "--control"], stdout=subprocess.PIPE, text=True, env=env)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1]
    finally:
        server.terminate()
        server.wait(10)


class Watch:
    """`buildwatch watch --json` in a process of its own, and when each of its lines came."""

    def __init__(self, url: str) -> None:
        env = os.environ | {"DRONE_SERVER": url, "DRONE_TOKEN": TOKEN}
        command = [sys.executable, "-m", "buildwatch", "watch", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        self.lines: list[tuple[float, dict[str, Any]]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append((time.time(), json.loads(line)))

    def stop(self) -> float:
        """End it; the CPU seconds that it took."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        self.process.terminate()
        self.process.wait(10)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the storm and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--repos", type=int, default=300)
    chosen = parser.parse_args()
    with demo(chosen.repos, chosen.rate) as url, httpx.Client(base_url=url, timeout=30) as control:
        control.post("/_demo/life", json={"on": False})
        watch = Watch(url)
        time.sleep(4)
        first = sum_of(control, 0)
        began = time.time()
        control.post("/_demo/faults", json=FAULTS)
        control.post("/_demo/life", json={"on": True})
        time.sleep(chosen.seconds)
        control.post("/_demo/life", json={"on": False})
        time.sleep(SETTLE)
        requests = sum_of(control, began)
        control.post("/_demo/faults", json={"bad_gateway": 0.0, "cut_streams_after": None})
        time.sleep(SETTLE)
        truth = control.get("/_demo/state").json()
        seconds = watch.stop()
        report(truth["builds"], watch.lines, began)
        started = sum(build["created"] >= began - 1 for build in truth["builds"])
        each = requests / max(started, 1)
        print(f"requests: {first} until quiet, then {requests} for {started} builds: {each:.2f} each")
        print(f"cpu: {100 * seconds / (time.time() - began):.1f} % of a core")
        compare_list(url, control)


def sum_of(control: httpx.Client, since: float) -> int:
    """How many requests the server got since then."""
    counts = control.get("/_demo/requests", params={"since": since}).json()
    return sum(entry["count"] for entry in counts["counts"])


def report(builds: list[dict[str, Any]], lines: list[tuple[float, dict[str, Any]]], began: float) -> None:
    """Missing, doubled and late ends."""
    truth = {(build["repo"], build["number"]): build for build in builds if (build["ended_at"] or 0) >= began}
    told: dict[tuple[str, int], list[tuple[float, str]]] = {}
    for at, line in lines:
        if line["stage"] is None and line["step"] is None and line["to"] in ENDED:
            told.setdefault((line["repo"], line["build"]), []).append((at, line["to"]))
    missing = sorted(set(truth) - set(told))
    doubled = [key for key, ends in told.items() if len(ends) > 1]
    invented = sorted(set(told) - {(build["repo"], build["number"]) for build in builds if build["ended_at"]})
    wrong = [key for key in truth if key in told and told[key][-1][1] != truth[key]["status"]]
    counts = f"{len(missing)} not told, {len(doubled)} told twice, {len(invented)} invented, {len(wrong)} wrong"
    print(f"{len(truth)} builds ended: {counts}")
    for name, some in (("missing", missing), ("doubled", doubled), ("invented", invented), ("wrong", wrong)):
        for key in some[:5]:
            print(f"  {name}: {key} {truth.get(key)} {told.get(key)}")
    heard = [told[key][0][0] - build["ended_at"] for key, build in truth.items() if key in told and not quiet(build)]
    unheard = [told[key][0][0] - build["ended_at"] for key, build in truth.items() if key in told and quiet(build)]
    print(f"ends that the stream tells: {spread(heard)}")
    print(f"ends that nothing tells:    {spread(unheard)}")
    print("as:", dict(Counter(build["status"] for build in truth.values())))


def quiet(build: dict[str, Any]) -> bool:
    """Whether no event told of this end."""
    return build["told_at"] is None or build["unseen"] or build["told_at"] < build["ended_at"] - 0.001


def spread(values: list[float]) -> str:
    """Median, 90 %, 99 % and the latest, in seconds."""
    if not values:
        return "none"
    values = sorted(values)
    at = {share: values[min(len(values) - 1, int(share * len(values)))] for share in (0.5, 0.9, 0.99)}
    return (
        f"{len(values)}, median {at[0.5]:.3f} s, 90 % {at[0.9]:.2f} s, 99 % {at[0.99]:.2f} s, latest {values[-1]:.2f} s"
    )


def compare_list(url: str, control: httpx.Client) -> None:
    """`ls --json` against the server's list."""
    env = os.environ | {"DRONE_SERVER": url, "DRONE_TOKEN": TOKEN}
    out = subprocess.run(
        [sys.executable, "-m", "buildwatch", "ls", "--json"], capture_output=True, text=True, env=env, check=False
    )
    ours = {row["repo"]: row["build"] for row in json.loads(out.stdout)}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    theirs = {
        repo["slug"]: repo.get("build") for repo in control.get("/api/user/repos?latest=true", headers=headers).json()
    }
    same = ("number", "event", "status", "created", "started", "finished", "message")
    odd = [
        slug
        for slug, build in theirs.items()
        if (build or {}).get("status") != "pending"
        and any((ours.get(slug) or {}).get(key) != (build or {}).get(key) for key in same)
    ]
    print(f"ls --json: {len(ours)} of {len(theirs)} repos, {len(odd)} different {odd[:5]}")


if __name__ == "__main__":
    main()
