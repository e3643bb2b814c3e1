"""Which commands there are, and what each takes. A command's module is imported only when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple

from buildwatch.config import Settings


class Command(NamedTuple):
    """A command: `module` has the function `run(args, settings) -> exit status`."""

    module: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    needs_server: bool = True

    def run(self, args: argparse.Namespace, settings: Settings) -> int:
        """Import it and run it; the exit status."""
        status: int = import_module(self.module).run(args, settings)
        return status


_HERE: Final = "without REPO what is checked out here"
_BUILD: Final = f"a build; without a number the repo's newest; {_HERE}"


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO[#N]", help=_BUILD)
    _json(parser)


def _logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repo",
        nargs="?",
        metavar="REPO[#N][:STAGE/STEP]",
        help=f"a build, a stage or a step, by name or number; {_HERE}",
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes, until it has ended")


def _action(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO#N", help=f"the build; REPO@latest for the newest; {_HERE}")
    _doing(parser)


def _doing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(target="", param=[])


def _action_with_params(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO[#N]", help=_BUILD)
    _doing(parser)
    parser.add_argument("-p", "--param", metavar="KEY=VALUE", action="append", help="a parameter of the new build")


def _create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repo",
        nargs="?",
        metavar="REPO",
        help="the repo: owner/name, or its name alone where only one has it (default: the clone you are in)",
    )
    parser.add_argument(
        "--branch",
        metavar="BRANCH",
        default="",
        help="the branch (default: the repo's own; without REPO the one checked out)",
    )
    parser.add_argument("--commit", metavar="SHA", default="", help="a commit, where the server takes one (Drone)")
    parser.add_argument("-p", "--param", metavar="KEY=VALUE", action="append", help="a parameter of the new build")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(param=[])


def _deployment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", metavar="REPO#N", help="the build; REPO@latest for the newest")
    _doing(parser)
    parser.add_argument("-p", "--param", metavar="KEY=VALUE", action="append", help="a parameter of the new build")
    parser.add_argument("target", metavar="TARGET", help="where to, for example production")


def _plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=("slack",), metavar="slack", help="which plugin's job to do")
    parser.add_argument(
        "--like", choices=("1.2", "1.4", "current"), default="1.4", help="which drone-slack to equal (default: 1.4)"
    )
    parser.add_argument(
        "--api-url", default="https://slack.com/api/", metavar="URL", help="Slack's Web API, for access tokens"
    )


DEMO_KINDS: Final = ("drone-2", "drone-0.8", "drone-0.7", "drone-0.5", "woodpecker", "all")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--serve-only", action="store_true", help="only the demo server, to watch it with something else"
    )
    parser.add_argument(
        "--port", type=_whole(0, 65535), default=0, metavar="N", help="the server's port (default: any free one)"
    )
    parser.add_argument(
        "--kind",
        choices=DEMO_KINDS,
        default="drone-2",
        metavar="KIND",
        help=f"which server it is: {', '.join(DEMO_KINDS[:-1])}, or {DEMO_KINDS[-1]} of them (default: drone-2)",
    )
    parser.add_argument("--notify", action="store_true", help="a Slack, too, and a notifier whose messages are shown")
    parser.add_argument("--seed", type=_whole(0, 999_999_999), metavar="N", help="the same builds for the same number")
    parser.add_argument("--repos", type=_whole(1, 2000), metavar="N", help="how many repos (default: a dozen)")
    parser.add_argument("--rate", type=_positive, metavar="R", help="builds started a second")
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)  # faults on order, for the tests
    parser.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)  # end when stdin does


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO[#N]", help="only this repo, or this build until it has ended")
    parser.add_argument("--json", action="store_true", help="a line of JSON for every change")


def _wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO[#N]", help=_BUILD)
    parser.add_argument("--timeout", type=_positive, metavar="S", help="give up after so many seconds (exit status 4)")
    parser.epilog = (
        "exit status: 0 success, 1 failure or error, 3 killed, skipped or declined,\n"
        "4 timed out, 5 the server cannot be asked"
    )


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("this", nargs="?", metavar="REPO[#A]", help=_BUILD)
    parser.add_argument(
        "that",
        nargs="?",
        metavar="REPO#B",
        help="the one to hold it against, or #B (default: the last green one before A)",
    )
    parser.add_argument(
        "--older", type=_length, default=0.0, metavar="7d", help="the last green one that is so much older than A"
    )
    parser.add_argument(
        "--sort",
        choices=("run", "grew", "longest"),
        default="run",
        help="as they ran, what grew most first, or the longest first (default: run)",
    )
    _json(parser)
    parser.epilog = "exit status: 0 compared, 1 there is no green build to compare with, 5 the server cannot be asked"


def _render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "template", metavar="TEMPLATE", help="a template's file, its text, builtin:NAME, or - for what comes on stdin"
    )
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--build", metavar="REPO#N", help="render it for this build (default: for a sample)")
    given.add_argument("--context", metavar="FILE", help='render it for this JSON: {"repo": {…}, "build": {…}}')
    parser.add_argument("--raw", action="store_true", help="print the text alone")


def _notify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="*", metavar="outbox [list|retry|drop] [N …]", help="look at what is to be sent")
    parser.add_argument("--check", action="store_true", help="check the configuration, templates, servers and Slack")
    parser.add_argument("--explain", metavar="REPO#N", help="which rules tell of a build, and why others do not")
    parser.add_argument("--dry-run", action="store_true", help="print what would be sent, and send nothing")
    parser.add_argument("--since", type=_length, default=0.0, metavar="2h", help="tell of what ended before the start")
    _json(parser)


def _record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to; it must not be there yet")
    parser.add_argument(
        "--logs",
        choices=("all", "failed", "none"),
        default="failed",
        help="of which steps what they printed is kept (default: failed)",
    )


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what `buildwatch record` wrote")
    replay_options(parser)
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="COMMAND …", help="ls, show, logs, watch, wait or notify --dry-run"
    )


def replay_options(parser: argparse.ArgumentParser) -> None:
    """How a recording is played. They have no default here: they may stand before and after the file."""
    none = argparse.SUPPRESS
    parser.add_argument("--speed", type=_speed, default=none, metavar="N", help="so many times as fast (default: 1)")
    parser.add_argument("--from", dest="since", type=_length, default=none, metavar="10m", help="begin so far into it")


def _speed(text: str) -> float:
    number = _number(text)
    if not 0.01 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"expected a number from 0.01 to 10000, not {text!r}")
    return number


def _length(text: str) -> float:
    from buildwatch.notify.amounts import LENGTH, seconds

    length = seconds(text)
    if length is None:
        raise argparse.ArgumentTypeError(f"expected {LENGTH}, not {text!r}")
    return length


def _positive(text: str) -> float:
    number = _number(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, not {text!r}")
    return number


def _number(text: str) -> float:
    """What is no number is not from here to there, either."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or not least <= int(text[:9]) <= most:
            raise argparse.ArgumentTypeError(f"expected a number from {least} to {most}, not {text!r}")
        return int(text)

    return whole


COMMANDS: Final = {
    "ls": Command("buildwatch.cli.ls", "every repo and its newest build", _json),
    "show": Command("buildwatch.cli.show", "one build with its stages and steps", _show),
    "logs": Command("buildwatch.cli.logs", "what the steps of a build printed, or are printing", _logs),
    "watch": Command("buildwatch.cli.watch", "every change as a line, as it comes", _watch),
    "wait": Command("buildwatch.cli.wait", "wait for the end of a build; the exit status tells it", _wait),
    "diff": Command("buildwatch.cli.diff", "two builds step by step: what became slower, and where", _diff),
    "restart": Command("buildwatch.cli.actions", "run a build again, as a new one", _action_with_params),
    "cancel": Command("buildwatch.cli.actions", "stop a build", _action),
    "approve": Command("buildwatch.cli.actions", "let a build run that waits for approval", _action),
    "decline": Command("buildwatch.cli.actions", "refuse a build that waits for approval", _action),
    "promote": Command("buildwatch.cli.actions", "deploy a build to a target", _deployment),
    "rollback": Command("buildwatch.cli.actions", "take a target back to a build", _deployment),
    "record": Command("buildwatch.cli.record", "write down what happens, to be played again", _record),
    "replay": Command("buildwatch.cli.replay", "play what was recorded, at any speed", _replay, needs_server=False),
    "create": Command("buildwatch.cli.create", "start a new build of a branch, without a push", _create),
    "render": Command("buildwatch.cli.render", "what a template of the notifier prints", _render, needs_server=False),
    "notify": Command("buildwatch.cli.notify", "tell Slack of builds as the rules say, for ever", _notify),
    "plugin": Command("buildwatch.cli.plugin", "drone-slack's job in a pipeline", _plugin, needs_server=False),
    "demo": Command("buildwatch.cli.demo", "a demo server and the screen on it", _demo, needs_server=False),
    "doctor": Command("buildwatch.cli.doctor", "look for what keeps it from working", _json, needs_server=False),
    "info": Command("buildwatch.cli.info", "every path and setting, and where it came from", _json, needs_server=False),
}
"""By the word that calls them, in the order of the help."""
