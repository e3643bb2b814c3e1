"""What broke is found in the logs of the common tools, as they really write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.digest import TAIL, digest, is_command

LOGS = Path(__file__).parents[1] / "data" / "failures"

SAYS = [
    ("go-test", 1, "go test -race -count=1 ./...", ["--- FAIL: TestRefresh", "Not equal:", 'actual  : "expired"']),
    ("go-test-v", 1, "go test -v ./...", ["gcd_test.go:23: got 3, want 1", "--- FAIL: TestNilMap (0.00s)"]),
    ("go-build", 1, "go build ./...", ["internal/http/server.go:57:17: undefined: newLimiter"]),
    ("go-panic", 2, "./bin/migrate up", ["panic: runtime error: invalid memory address", "migrate/main.go:88"]),
    ("pytest", 1, "pytest -q", ["E       AssertionError: assert Decimal('3.19')", "tests/test_prices.py:41: "]),
    ("python-traceback", 1, "python manage.py migrate", ["Traceback", 'psycopg.OperationalError: connection failed']),
    ("unittest", 1, "python -m unittest", ["FAIL: test_gcd_of_zero", "AssertionError: 0 != 4"]),
    ("ruff", 1, "ruff check .", ["app/prices.py:3:8: F401"]),
    ("jest", 1, "npx jest --ci", ["FAIL src/cart/cart.test.ts", "● cart totals › applies the", "Expected: 1890"]),
    ("vitest", 1, "npx vitest run", ["FAIL  src/cart.test.ts > cart", "AssertionError: expected 1790 to be 1890"]),
    ("mocha", 1, "npx mocha", ["1 failing", "AssertionError [ERR_ASSERTION]: 2 == 3"]),
    ("tsc", 2, "npx tsc --noEmit", ["src/push/token.ts(31,21): error TS2345: Argument of type"]),
    ("eslint", 1, "npx eslint .", ["/drone/src/src/checkout/useVoucher.ts", "40:7  error    'applied'"]),
    ("npm-resolve", 1, "npm ci", ["npm ERR! code ERESOLVE", "npm ERR! ERESOLVE could not resolve"]),
    ("node", 1, "node build.js", ["Error: Cannot find module 'express'"]),
    ("maven-compile", 1, "mvn -B -ntp compile", ["COMPILATION ERROR", "Invoice.java:[57,18] cannot find symbol"]),
    ("maven-test", 1, "mvn -B -ntp test", ["Tests run: 21, Failures", "expiresAtMidnight", "AssertionFailedError"]),
    ("gradle-kotlin", 1, "./gradlew --console=plain assembleRelease", ["> Task :app:compileReleaseKotlin", "e: file:///"]),
    ("gradle-junit", 1, "./gradlew test", ["> Task :test FAILED", "TokenTest > expires", "AssertionFailedError: "]),
    ("cargo-build", 101, "cargo build --release", ["error[E0382]: borrow of moved value", "--> src/index/merge.rs"]),
    ("cargo-test", 101, "cargo test", ["test search::tests", "panicked at src/search.rs:212", "assertion `left"]),
    ("gcc", 2, "make", ["main.c:9:12: error: expected ';' before 'return'"]),
    ("linker", 2, "make", ["main.c:(.text+0x14): undefined reference to `store_open'"]),
    ("shell-not-found", 127, "kubctl apply -f k8s/", ["/bin/sh: 24: kubctl: not found"]),
    ("shell-silent", 1, "test -s /etc/app/secret", []),
    ("prettier", 1, "npx prettier --check .", ["[warn] Code style issues found in the above file."]),
    ("docker-build", 1, "docker build -t shop .", ["E: Unable to locate package libvips42-dev"]),
    ("docker-push", 1, "docker push registry.example.com/shop:1.4.2", ["unauthorized: authentication required"]),
    ("kubectl", 1, "kubectl rollout status deployment/api --timeout=120s", ["error: timed out waiting"]),
    ("kubectl-server", 1, "kubectl set image deployment/api api=shop:1.4.2", ["Error from server (NotFound)"]),
    ("git-push", 1, "git push origin main", ["! [rejected]        main -> main (fetch first)"]),
    ("git-clone", 128, "git fetch origin +refs/heads/main:", ["fatal: could not read Username"]),
    ("terraform", 1, "terraform apply -auto-approve", ["Error: Error acquiring the state lock"]),
    ("killed", 137, "npm run build", ["Killed"]),
]  # fmt: skip


def log(name: str) -> list[str]:
    return (LOGS / f"{name}.log").read_text(encoding="utf-8").split("\n")[:-1]


@pytest.mark.parametrize(("name", "exit_code", "command", "says"), SAYS, ids=[name for name, *_ in SAYS])
def test_what_a_tool_says_broke(name: str, exit_code: int, command: str, says: list[str]) -> None:
    told = digest(log(name), exit_code)
    assert told.command == command
    assert len(told.says) == len(says), told.says
    for wanted, line in zip(says, told.says, strict=True):
        assert wanted in line


def test_every_log_is_tried() -> None:
    assert {path.stem for path in LOGS.glob("*.log")} == {name for name, *_ in SAYS}


@pytest.mark.parametrize(
    ("name", "exit_code", "because"),
    [
        ("shell-not-found", 127, "command not found"),
        ("killed", 137, "killed from outside: by a time limit, or for want of memory"),
        ("pytest", 5, "no tests were found"),
        ("gcc", 2, "a recipe failed"),
        ("tsc", 2, ""),
        ("shell-silent", 1, ""),
    ],
)
def test_what_an_exit_says(name: str, exit_code: int, because: str) -> None:
    assert digest(log(name), exit_code).because == because


def test_what_did_not_stop_the_commands_before_is_not_what_broke() -> None:
    texts = ["+ make lint || true", "error: ugly", "+ make test", "ran", "assertion failed", "bye"]
    assert digest(texts, 1).says == ("assertion failed",)
    assert digest([*texts[:3], "bye"], 1).says == ("error: ugly",), "better than nothing"


@pytest.mark.parametrize(
    ("texts", "exit_code", "command", "last", "says", "because"),
    [
        (["+ make test", "FAIL: expected 3", "+ exit 2"], 2, "make test", "exit 2", "FAIL: expected 3", ""),
        (["+ make test || exit 2", "FAIL: expected 3"], 2, "make test || exit 2", "", "FAIL: expected 3", ""),
        (["+ make test; exit 2", "FAIL: expected 3"], 2, "make test; exit 2", "", "FAIL: expected 3", ""),
        (["+ make", "main.c:1:1: error: no", "make: *** [all] Error 1"], 2, "make", "", "main.c:1:1: error: no", None),
        (["+ go vet", "+ echo a", "FAIL: b", "c", "+ exit 1"], 1, "echo a", "exit 1", "FAIL: b", ""),
        (["error: no cache", "+ ./deploy"], 127, "", "./deploy", "error: no cache", "command not found"),
        (["+ ./deploy", "error: no host"], 1, "./deploy", "", "error: no host", ""),
        (["+ make lint", "fine", "+ exit 3"], 3, "exit 3", "", None, ""),
    ],
)
def test_the_command_that_is_told_is_the_one_that_printed_what_is_told(
    texts: list[str], exit_code: int, command: str, last: str, says: str | None, because: str | None
) -> None:
    told = digest(texts, exit_code)
    assert (told.command, told.last) == (command, last)
    assert told.says[:1] == (() if says is None else (says,))
    assert because is None or told.because == because


def test_a_log_without_commands_or_errors() -> None:
    assert digest(["starting", "done", "", "  "], 3).says == ("done",)
    assert digest([], 3).says == ()
    assert digest([], 3).parts == ()
    assert digest(["+ deploy"], 3).signature == "deploy | exit 3"


def test_the_parts_that_are_shown() -> None:
    texts = ["setting up", "+ make", *["compiling"] * 500, "main.c:1:1: error: no", *["compiling"] * 500, "bye"]
    told = digest(texts, 2)
    error = texts.index("main.c:1:1: error: no")
    assert told.error == error
    assert told.parts == ((0, 2), (error - 3, error + 11), (len(texts) - TAIL, len(texts)))
    assert digest(texts[:20], 2).parts == ((0, 20),)


def test_failures_that_are_alike_have_one_signature() -> None:
    earlier = log("go-test")
    later = [
        line.replace(":141", ":153").replace("0.31s", "12.5s").replace("/drone/src", "/tmp/x1") for line in earlier
    ]
    assert digest(earlier, 1).signature == digest(later, 1).signature
    other = [line.replace("TestRefreshKeepsSession", "TestLogout") for line in earlier]
    assert digest(earlier, 1).signature != digest(other, 1).signature
    signatures = {digest(log(name), 1).signature for name, *_ in SAYS}
    assert len(signatures) == len(SAYS), "no two of these failures are alike"


@given(st.lists(st.text(max_size=60) | st.sampled_from(["+ make", "error: x", "--- FAIL: T", "FAIL", ""]), max_size=80))
def test_the_parts_are_in_order_apart_and_hold_the_error(texts: list[str]) -> None:
    told = digest(texts, 1)
    places = [line for first, last in told.parts for line in range(first, last)]
    assert places == sorted(set(places))
    assert all(0 <= line < len(texts) for line in places)
    assert set(range(max(0, len(texts) - TAIL), len(texts))) <= set(places)
    assert told.error is None or told.error in places
    commands = [line for line, text in enumerate(texts) if is_command(text)]
    assert not commands or commands[-1] in places
    if told.error is not None and told.command:
        above = max(line for line in commands if line <= told.error)
        assert texts[above].endswith(told.command)
