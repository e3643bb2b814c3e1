"""Which lines of a log tell of an error or a warning: rules for what common build tools write.

A rule is looked at only where one of its words is in the line, so an ordinary line costs a microsecond. Text given here
is plain (`buildwatch.wire.ansi.plain`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re2


class Level(IntEnum):
    """How grave a line is."""

    NONE = 0
    WARNING = 1
    ERROR = 2


class Rule(NamedTuple):
    """What a tool writes: `word` is in lower case and always in a line (in any case) that `pattern` finds."""

    tool: str
    level: Level
    word: str
    pattern: re.Pattern[str]


def level_of(text: str) -> Level:
    """How grave this line is."""
    rule = rule_of(text)
    return rule.level if rule else Level.NONE


def rule_of(text: str) -> Rule | None:
    """The rule that finds something in this line, if any: of several the one that finds it first, then the gravest.

    `warning: no error handler: error: …` is what it begins as.
    """
    text = text[:_LOOKED_AT]
    lower = text.lower()
    words = [word for word in _WORDS if word in lower]
    if not words or _QUIET.search(text):
        return None
    text = _HARMLESS.sub(" ", bare(text))
    found = [
        (m.start(), -rule.level, rule.tool == "any", nth, rule)
        for word in words
        for nth, rule in enumerate(_BY_WORD[word])
        if (m := rule.pattern.search(text))
    ]
    return min(found, key=_first)[-1] if found else None


def levels_of(texts: str) -> list[tuple[int, Level]]:
    """The grave ones of many lines joined by line feeds, each with its index: `level_of` for logs that are long."""
    if len(texts) < _SHORT:
        return [(index, level) for index, text in enumerate(texts.split("\n")) if (level := level_of(text))]
    data = texts.lower().encode("utf-8", "replace")
    found = []
    lines: list[str] = []
    line = at = 0
    for match in _any_word().finditer(data):
        lines = lines or texts.split("\n")
        begin = match.start()
        line += data.count(b"\n", at, begin)
        at = begin
        if level := level_of(lines[line]):
            found.append((line, level))
    return found


@cache
def _any_word() -> re2._Regexp[bytes]:
    """The first of the words in a line, and the rest of that line: all words are looked for in one walk."""
    import re2  # looked for only by who looks through a long log

    options = re2.Options()
    options.never_capture = True
    words = b"|".join(re.escape(word).encode() for word in _STEMS)
    return re2.compile(b"(?:" + words + b")[^\\n]*", options)


def bare(text: str) -> str:
    """A line without what BuildKit (`#5 2.114 `) and Terraform (its frame) put before the lines of others."""
    return _FRAME.sub("", text) if text[:1] in "#│" else text


def first_error(texts: Iterable[str]) -> int | None:
    """The index of the first line that tells of an error; None where none does.

    Takes plain lines (no escape sequences). `buildwatch.insight.digest.digest` says what broke in a whole log: it knows
    which command failed, and that what the ones before it complained of was no reason to stop.
    """
    return next((index for index, text in enumerate(texts) if level_of(text) is Level.ERROR), None)


_LOOKED_AT = 500

_SHORT = 50_000
"""Characters up to which lines are looked at one by one: re2 takes 2.5 MB and 20 ms to import."""

_FRAME = re.compile(r"^(?:#\d+ (?:\d+\.\d+ )?|│ )")
_first = itemgetter(0, 1, 2)

_QUIET = re.compile(
    r"^\s*(?:\+\s"  # the shell's echo of a command
    r"|(?:✓|✔|√|ok|PASS|PASSED|--- PASS:|=== (?:RUN|PAUSE|CONT|NAME))(?:\s|$)"  # go, jest, mocha, TAP
    r"|(?:Compiling|Checking|Fresh|Adding|Download(?:ing|ed)|Installing|Collecting|Requirement|Unpacking|Setting up"
    r"|Preparing|Selecting|Get:\d+|Copying|Extracting|adding:|inflating:|creating|create mode|delete mode|added"
    r"|new file:|modified:|renamed:)\s)"
    r"|(?:\.\.\. ok|\bPASSED|\sPASS|\sOK|\sUP-TO-DATE)(?:\s*[\[(][^\])]*[\])])?\s*$"  # cargo, pytest, gradle
)
_HARMLESS = re.compile(
    r"(?<![\w.])(?:0|no|zero|without(?: any)?|any|if|on|as)[ -](?:\w+ )??"
    r"(?:errors?|failures?|failed|warnings?|panics?)\b"
    r"|\b(?:errors?|failures?|failed|warnings?|err)\b[\"']?\s*[:=]\s*(?:0+(?:\.0+)?%?(?![\w.])"
    r"|\"\"|''|<?nil>?|none\b|null\b|undefined\b|false\b)"
    r"|\b(?:exit(?:ed)?|status|code|returned)(?: with)?(?: exit)?(?: status| code)?:? 0\b",
    re.IGNORECASE,
)

_E, _W = Level.ERROR, Level.WARNING
_NAME = r"(?<![\w./@-])"  # not within a name: error-prone.jar, on-error, errors/error.go
_RULES = tuple(
    Rule(tool, level, word, re.compile(pattern))
    for tool, level, word, pattern in (
        ("any", _E, "error", r"\bERROR\b(?![./-])"),
        ("any", _E, "error", _NAME + r"(?i:error)(?:\[\w+\])?(?:\([\w .]+\))?: (?=\S)|" + _NAME + r"(?i:error):$"),
        (
            "any",
            _E,
            "error",
            r"(?i)^(?:internal |unexpected |unknown |unhandled )?error\b(?! ?(?:rate|handl|log|report|page))",
        ),
        ("any", _E, "error", r"(?i)\blevel\"?[=:] ?\"?(?:error|fatal|panic)\b"),
        ("any", _E, "error", r"(?i)\b[1-9]\d{0,4} (?:\w+ )?errors\b|\b1 (?:\w+ )?error\b"),
        (
            "any",
            _E,
            "error",
            r"(?i)\b(?:fatal|syntax|parse|compile|compilation|link(?:er)?|build|runtime|import) error\b",
        ),
        ("any", _E, "fatal", r"\bFATAL\b|(?i:\bfatal(?: error)?:)"),
        ("any", _E, "critical", r"\bCRITICAL\b"),
        ("any", _E, "severe", r"\bSEVERE:"),
        ("any", _E, "fail", r"(?<![\w-])FAIL(?:ED|URE|URES!)?(?![\w-])"),
        ("any", _E, "fail", r"(?i)\b[1-9]\d* (?:\w+ )?(?:failed|failures?|failing)\b"),
        (
            "any",
            _E,
            "fail",
            r"(?i)\b(?:failed (?:to|with|because|at|on)\b|failed(?: after [\w.:]+)?[:.!]?$|failure:|failed:)",
        ),
        (
            "any",
            _E,
            "fail",
            r"(?i)\b(?:build|test|tests|job|step|command|check|assertion|compilation|deployment) failed\b",
        ),
        (
            "any",
            _E,
            "exit",
            r"(?i)\b(?:exited(?: with)?(?: exit)?(?: status| code)?|exit (?:status|code)):? [1-9]\d*\b",
        ),
        ("any", _E, "exception", r"\b(?:[A-Z]\w*)?Exception\b(?=:|$| in thread| at )|\bException in thread\b"),
        ("any", _E, "timed out", r"(?i)\btimed out\b"),
        ("any", _E, "deadline", r"\bcontext deadline exceeded\b"),
        ("any", _E, "refused", r"(?i)\bconnection refused\b"),
        ("any", _E, "no space", r"(?i)\bno space left on device\b"),
        ("any", _E, "could not resolve", r"(?i)\bcould not resolve host"),
        ("any", _E, "signal: ", r"\bsignal: (?:killed|segmentation fault|aborted)\b"),
        ("any", _E, "exceeded", r"(?i)\btimeout of \d+ ?m?s exceeded\b"),
        ("python", _E, "traceback", r"^\s*Traceback \(most recent call last\)"),
        ("python", _E, "error", r"\b[A-Z]\w*Error(?=:|$)"),
        ("python, ruby", _E, "error)", r"\((?:\w+::)*\w+Error\)$"),
        ("ruff, flake8", _E, ".py:", r"^\S+\.pyi?:\d+:\d+: [A-Z]+\d+ "),
        ("black, ruff", _E, "would reformat", r"(?i)^would reformat"),
        ("pytest", _E, "e  ", r"^E {3,}\S"),
        ("go", _E, "panic", r"^\s*(?:--- )?panic:|\bPANIC\b|\bpanicked at\b"),
        ("go", _E, ".go:", r"^(?:vet: )?(?:\./|\.\./)?[\w./@-]+\.go:\d+:\d+: \S"),
        ("go", _E, "data race", r"^WARNING: DATA RACE$"),
        ("go", _E, "go: ", r"^go: \S+@\S+: .*(?:: 4\d\d |invalid|unknown|mismatch)"),
        ("rust", _E, "diff in", r"^Diff in \S+ at line \d+:"),
        ("rust", _E, "error", r"^error(?:\[E\d+\])?: "),
        ("tsc, msbuild", _E, "error", r"\berror [A-Z]{1,6}\d+\b"),
        ("eslint", _E, "error", r"^\s+\d+:\d+\s+error\s"),
        ("kotlin, apt", _E, "e: ", r"^[eE]: \S"),
        ("java", _E, "caused by", r"^\s*Caused by: "),
        ("gradle", _E, "went wrong", r"^\* What went wrong:"),
        ("jest, mocha", _E, "✕", r"^\s*✕"),
        ("jest, mocha", _E, "✗", r"^\s*✗"),
        ("jest, mocha", _E, "✘", r"^\s*✘"),
        ("jest", _E, "●", r"^\s*● .+ › "),
        ("TAP", _E, "not ok", r"^\s*not ok\b"),
        ("pnpm", _E, "err_pnpm", r"\bERR_PNPM_\w+"),
        ("cmake", _E, "cmake error", r"^CMake Error\b"),
        ("mix", _E, "** (", r"^\*\* \("),
        ("npm", _E, "npm err", r"^npm (?:ERR!|error)"),
        ("ld", _E, "undefined ref", r"\bundefined reference to\b"),
        ("make", _E, "***", r"^\w*make(?:\[\d+\])?: \*\*\* "),
        ("make", _E, "no rule", r"\bNo rule to make target\b"),
        (
            "shell",
            _E,
            "not found",
            r"(?i)\b(?:command|executable file|module|package|file|manifest\S*) not found\b|^\S*sh: .*: not found$",
        ),
        ("shell", _E, "no such", r"(?i)\bno such (?:file|host|image|container|module)\b"),
        ("shell", _E, "denied", r"(?i)\b(?:permission|access|requested access to the resource is) denied\b"),
        ("shell", _E, "segmentation", r"(?i)\bsegmentation fault\b"),
        ("shell", _E, "core dumped", r"\bcore dumped\b"),
        ("shell", _E, "killed", r"^(?:\S+: line \d+: +\d+ )?Killed\b|\bOOMKilled\b"),
        ("shell", _E, "memory", r"(?i)\b(?:out of memory|cannot allocate memory)\b"),
        ("shell", _E, "unbound", r"\bunbound variable$"),
        ("docker", _E, "docker daemon", r"\bCannot connect to the Docker daemon\b"),
        ("docker", _E, "unauthorized: ", r"\bunauthorized: \S"),
        ("docker", _E, "manifest unknown", r"\bmanifest unknown\b"),
        ("docker", _E, "toomanyrequests", r"\btoomanyrequests\b"),
        ("kubectl", _E, "unable to connect", r"^Unable to connect to the server: "),
        ("kubectl", _E, "is invalid: ", r'^The \w+ "\S+" is invalid: '),
        ("kubectl", _E, "from server", r"^Error from server\b"),
        ("git", _E, "rejected", r"^ ! \[(?:remote )?rejected\]"),
        ("git", _E, "conflict", r"^CONFLICT \("),
        ("curl", _E, "curl: (", r"^curl: \(\d+\)"),
        ("kubectl", _E, "backoff", r"\b(?:CrashLoopBackOff|ImagePullBackOff)\b"),
        ("kubectl", _E, "errimagepull", r"\bErrImagePull\b"),
        ("rspec", _E, "failure/error", r"^\s*Failure/Error:"),
        ("any", _W, "warn", r"\bWARN(?:ING)?\b(?![./-])|" + _NAME + r"(?i:warning)(?:\[\S+\])?:|^(?i:warn(?:ing)?)\b"),
        ("any", _W, "warn", r"(?i)\blevel\"?[=:] ?\"?warn(?:ing)?\b|\b[1-9]\d* warnings?\b"),
        ("tsc, msbuild", _W, "warn", r"\bwarning [A-Z]{1,6}\d+\b"),
        ("eslint", _W, "warn", r"^\s+\d+:\d+\s+warning\s"),
        ("kotlin, apt", _W, "w: ", r"^[wW]: \S"),
        ("npm", _W, "npm warn", r"^npm warn\b"),
        ("any", _W, "deprecat", r"(?i)\b(?:is|are|been|now) deprecated\b|\bDeprecat(?:ion|ed)\w*:"),
        ("any", _W, "⚠", r"⚠"),
    )
)
_BY_WORD: dict[str, list[Rule]] = {}
for _rule in _RULES:
    _BY_WORD.setdefault(_rule.word, []).append(_rule)
_WORDS = tuple(_BY_WORD)
_STEMS = tuple(word for word in _WORDS if not any(other in word for other in _WORDS if other != word))
"""Words of which no other is a part: a line with any word has one of these."""
