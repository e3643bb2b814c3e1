"""Rendering, times plain pybars3 with the same helpers, on templates that both render alike.

python benchmarks/templates.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pybars import Compiler

from benchmarks import report
from buildwatch.notify.templates import Template, drone_context

DATA = {
    "repo": {"owner": "octocat", "name": "hello-world"},
    "build": {
        "number": 42,
        "status": "failure",
        "branch": "feature/x",
        "commit": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        "link": "http://ci.example.com/octocat/hello-world/42",
        "author": {"username": "octocat"},
        "tag": "",
    },
}
TEMPLATES = (
    "{{#success build.status}}build {{build.number}} succeeded.{{else}}build {{build.number}} failed.{{/success}}",
    "{{repo.owner}}/{{repo.name}}#{{truncate build.commit 8}} ({{build.branch}}) by {{build.author.username}}",
    "*{{uppercase build.status}}* <{{{build.link}}}|{{repo.name}}>{{#if build.tag}} {{build.tag}}{{/if}}",
)
ROUNDS, EACH = 7, 4000


def plain(source: str) -> Callable[[], str]:
    """pybars3 as it is, with what of drone's helpers the templates use, written as one would."""
    template = Compiler().compile(source)

    def success(this: object, options: dict[str, Callable[[object], str]], status: str) -> str:
        return options["fn"](this) if status == "success" else options["inverse"](this)

    helpers = {
        "success": success,
        "truncate": lambda this, text, length: text[:length],
        "uppercase": lambda this, text: text.upper(),
    }
    return lambda: str(template(DATA, helpers=helpers))


def ours(source: str) -> Callable[[], str]:
    """The same by us."""
    template, context = Template(source), drone_context(DATA)
    return lambda: template.render(context, now=0.0)


def rate(render: Callable[[], str]) -> float:
    """Renders a second."""
    begin = time.perf_counter()
    for _ in range(EACH):
        render()
    return EACH / (time.perf_counter() - begin)


def main() -> None:
    """Measure in turn, and print."""
    ours_all: list[float] = []
    theirs_all: list[float] = []
    for source in TEMPLATES:
        theirs, mine = plain(source), ours(source)
        if theirs() != mine():
            raise SystemExit(f"not alike: {theirs()!r} and {mine()!r}")
        for _ in range(ROUNDS):
            ours_all.append(rate(mine))
            theirs_all.append(rate(theirs))
        report.rates(source[:40], ours_all[-ROUNDS:], "renders")
        report.ratio("times plain pybars3", ours_all[-ROUNDS:], theirs_all[-ROUNDS:], at_least=0.5)


if __name__ == "__main__":
    main()
