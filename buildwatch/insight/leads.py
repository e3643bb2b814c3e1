"""From the line that announces an error to the one that tells it: what each tool writes next. Pure.

`--- FAIL: TestX` says that something failed, the lines below it what; a traceback's last line says more than its first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple


class Lead(NamedTuple):
    """After a line that `head` finds, the error is told by the next one that `told` finds.

    It is looked for in so many lines (`within`), up to one that `until` finds (none of `told`'s); where `before` says
    so and it is not below, also above.
    """

    tool: str
    head: re.Pattern[str]
    told: re.Pattern[str]
    within: int
    until: re.Pattern[str] | None = None
    before: bool = False


def leads_to(texts: Sequence[str], at: int) -> int | None:
    """The line that tells of the error which line `at` only announces; None where `at` says all there is."""
    for lead in _LEADS:
        if lead.head.search(texts[at]):
            found = _look(texts, lead, range(at + 1, min(len(texts), at + 1 + lead.within)))
            if found is None and lead.before:
                found = _look(texts, lead, range(at - 1, max(-1, at - 1 - lead.within), -1))
            if found is not None:
                return found
    return None


def above(texts: Sequence[str], at: int) -> int | None:
    """The line above `at` that says where it belongs: of a linter's finding the file. None where there is none."""
    for head, told in _ABOVE:
        if head.search(texts[at]):
            lines = range(at - 1, max(-1, at - 200), -1)
            return next((line for line in lines if told.search(texts[line])), None)
    return None


def _look(texts: Sequence[str], lead: Lead, lines: range) -> int | None:
    for line in lines:
        if lead.told.search(texts[line]):
            return line
        if lead.until and lead.until.search(texts[line]):
            return None
    return None


_EXCEPTION = r"(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Failure|Exit|Interrupt|Warning|Iteration|Timeout)\w*"
_TEXT = r"\S.*\w"


def _lead(tool: str, head: str, told: str, within: int, until: str = "", *, before: bool = False) -> Lead:
    return Lead(tool, re.compile(head), re.compile(told), within, re.compile(until) if until else None, before)


_LEADS: Final = (
    _lead("python", r"^\s*Traceback \(most recent call last\)", r"^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?::\s|$)", 400),
    _lead("pytest", r"\bERROR collecting \S+", r"^E {3,}\S", 80),
    _lead("pytest", r"^E {3,}\S", r"^\S+\.py:\d+: ", 60, r"^_{3,} |^={3,} "),
    _lead("unittest", r"^(?:FAIL|ERROR): \w+ \(", rf"^{_EXCEPTION}(?::|$)", 80, r"^={10,}"),
    _lead(
        "go test",
        r"^\s*--- FAIL: ",
        r"^\s+Error:\s+\S|^\s+\S+\.go:\d+: \S|^panic: ",
        60,
        r"^(?:=== |--- |ok\s|FAIL\b|PASS\b)",
        before=True,
    ),
    _lead("testify", r"^\s+Error:\s+Not equal:", r"^\s+actual\s*: ", 4),
    _lead("go race", r"^WARNING: DATA RACE$", r"^\s+\S+\.go:\d+", 12),
    _lead("go", r"^panic: |^fatal error: ", r"^\s+\S+\.go:\d+", 12),
    _lead("jest, vitest", r"^\s*FAIL\s+\S+", r"^\s*● \S|^(?:\w*Error|error):? \S", 60, r"^\s*(?:PASS|FAIL)\s"),
    _lead("jest", r"^\s*● \S", r"^\s+(?:Expected\b|[A-Z]\w*Error\b|Error: )", 14, r"^\s*● "),
    _lead("jest", r"^\s*● \S", rf"^\s+{_TEXT}", 6),
    _lead("mocha", r"^\s*\d+ failing\b", r"^\s+(?:[A-Z]\w*)?Error\b.*:", 20),
    _lead("TAP", r"^\s*not ok\b", r"^\s+(?:error|message|failureType): ", 10, r"^\s*(?:not )?ok\b"),
    _lead("playwright", r"Test timeout of \d+ms exceeded", r"^\s+Error: \S", 8),
    _lead("maven", r"COMPILATION ERROR", r"\.(?:java|kt|scala|groovy):\[?\d+", 8),
    _lead("maven", r"Tests run: .*<<< ", r"^\[ERROR\] (?!Tests run).*<<< ", 6),
    _lead("maven, gradle", r"<<< (?:FAILURE|ERROR)!", rf"^\s*{_EXCEPTION}(?::|$)", 6),
    _lead("gradle", r"^FAILURE: Build failed", r"^\* What went wrong:", 12),
    _lead("gradle", r"^\* What went wrong:", rf"^{_TEXT}", 4),
    _lead("gradle", r"^> Task \S+ FAILED", r"^e: |\berror: |^\* What went wrong:|\bFAILED$", 200),
    _lead("junit", r"^\S+ > .+ FAILED$", rf"^\s+{_EXCEPTION}", 6),
    _lead("rust", r"^test \S+ \.\.\. FAILED|^---- \S+ stdout ----", r"\bpanicked at\b", 4_000),
    _lead("rust", r"\bpanicked at (?!')\S+:\d+:\d+:?$", rf"^\s*{_TEXT}", 2),
    _lead("rust", r"^error(?:\[E\d+\])?: ", r"^\s+--> \S+:\d+", 4),
    _lead("npm", r"^npm (?:ERR!|error) code\b", r"^npm (?:ERR!|error) (?!code|errno|syscall|path|A complete|\s)\S", 8),
    _lead("node", r"^\s*throw \w+;?$", rf"^{_EXCEPTION}\b", 8),
    _lead("rspec", r"^\s*Failure/Error:", r"^\s+(?:expected|\w*Error|got)\b", 8),
    _lead("cmake", r"^CMake Error\b.*:$", rf"^\s+{_TEXT}", 4),
    _lead("any", r"(?i)^\W*(?:errors?|fail(?:ed|ures?)?|fatal):?\W*$", rf"^\s*{_TEXT}", 6),
)

_ABOVE: Final = tuple(
    (re.compile(head), re.compile(told))
    for head, told in (
        (r"^\s+\d+:\d+\s+error\s", r"^(?:/|[A-Za-z]:\\|\.?\w)\S*\.\w+$"),  # eslint: the file stands over its findings
    )
)
