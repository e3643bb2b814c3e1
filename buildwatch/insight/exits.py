"""What an exit status says by itself. Pure.

Sources: POSIX for 126, 127 and 128 + signal; `docker run`'s and `timeout`'s manuals for 125 and 124; each tool's own
manual for its own.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNALS: Final = {
    1: "its terminal hung up",
    2: "interrupted",
    3: "told to quit",
    4: "an illegal instruction",
    6: "aborted",
    7: "a bus error",
    8: "a division by zero, or the like",
    9: "killed from outside: by a time limit, or for want of memory",
    11: "a segmentation fault",
    13: "what it wrote to was closed",
    14: "its alarm rang",
    15: "told to end from outside",
}

_ANY: Final = {
    124: "timed out",
    125: "the container could not be run",
    126: "found, but cannot be run",
    127: "command not found",
    255: "ended with -1, as ssh does when it cannot connect",
}

_OF_TOOL: Final = (
    (
        re.compile(r"(?:^|[\s/;&|])(?:pytest|py\.test)\b"),
        {2: "interrupted", 3: "an internal error", 4: "used wrongly", 5: "no tests were found"},
    ),
    (
        re.compile(r"(?:^|[\s/;&|])curl\b"),
        {
            5: "the proxy's name is unknown",
            6: "the host's name is unknown",
            7: "could not connect",
            22: "the server answered with an error",
            28: "timed out",
            35: "the TLS handshake failed",
            52: "the server answered nothing",
            56: "the connection broke",
            60: "the server's certificate is not trusted",
        },
    ),
    (
        re.compile(r"(?:^|[\s/;&|])wget\b"),
        {4: "a network failure", 5: "the server's certificate is not trusted", 8: "the server answered with an error"},
    ),
    (re.compile(r"(?:^|[\s/;&|])git\b"), {128: "git gave up", 129: "used wrongly"}),
    (re.compile(r"(?:^|[\s/;&|])make\b"), {2: "a recipe failed"}),
    (re.compile(r"(?:^|[\s/;&|])cargo\b"), {101: "a compile error, a failed test or a panic"}),
    (re.compile(r"\bgo test\b.*-race"), {66: "a data race"}),
    (re.compile(r"\bterraform plan\b.*-detailed-exitcode"), {2: "there are changes to apply"}),
)

_CHOSEN: Final = re.compile(r"(?:^|[\s;&|({])(?:exit|return) (\d+)\s*[;)}]*\s*$")


def meaning_of(exit_code: int, command: str = "") -> str:
    """What this exit status of `command` means in a few words; empty where it says no more than that it failed.

    As where the command ends with `exit 2`: then whoever wrote it chose the status, and no tool did.
    """
    chosen = _CHOSEN.search(command)
    if chosen is not None and int(chosen[1]) == exit_code:
        return ""
    for tool, words in _OF_TOOL:
        if exit_code in words and tool.search(command):
            return words[exit_code]
    return _ANY.get(exit_code) or (_SIGNALS.get(exit_code - 128, "") if exit_code > 128 else "")
