"""Lines that tell of errors are found, and those that only speak of them are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.errors import _RULES, _SHORT, Level, first_error, level_of, levels_of

ERRORS = """
panic: assignment to entry in nil map
panic: runtime error: index out of range [5] with length 3 [recovered]
--- FAIL: TestNilMap (0.00s)
    --- FAIL: TestNilMap/zero (0.00s)
FAIL	example.com/gcd	0.412s
FAIL
./main.go:25:3: undefined: foo
pkg/store/store.go:12:2: imported and not used: "os"
exit status 1
fatal error: all goroutines are asleep - deadlock!
E       assert 1 == 2
E   ModuleNotFoundError: No module named 'foo'
FAILED tests/test_gcd.py::test_zero - AssertionError: assert 1 == 2
ERROR tests/test_gcd.py - ImportError: no module
==== 1 failed, 3 passed in 0.12s ====
Traceback (most recent call last):
ValueError: invalid literal for int() with base 10: 'x'
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
FAIL src/app.test.js
  ✕ adds one and two (5 ms)
  ● sum › adds one and two
Tests:       1 failed, 12 passed, 13 total
src/index.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.
src/index.ts:3:5 - error TS2322: Type 'string' is not assignable to type 'number'.
  12:5  error  'x' is not defined  no-undef
Main.java:12: error: cannot find symbol
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.11.0:compile
[INFO] BUILD FAILURE
> Task :app:test FAILED
FAILURE: Build failed with an exception.
* What went wrong:
BUILD FAILED in 12s
e: file:///src/Main.kt:3:5 Unresolved reference: foo
Exception in thread "main" java.lang.NullPointerException
java.lang.IllegalStateException: not ready
Caused by: java.io.IOException: closed
error[E0308]: mismatched types
error: could not compile `gcd` (bin "gcd") due to 1 previous error
test tests::it_works ... FAILED
thread 'main' panicked at src/main.rs:4:5:
main.c:3:5: error: expected ';' before 'return'
main.c:1:10: fatal error: nope.h: No such file or directory
/usr/bin/ld: main.o: undefined reference to `foo'
collect2: error: ld returned 1 exit status
make: *** [Makefile:3: all] Error 2
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
Error response from daemon: pull access denied for foo, repository does not exist
denied: requested access to the resource is denied
Error from server (NotFound): deployments.apps "api" not found
error: deployment "api" exceeded its progress deadline
api-7d9 0/1 CrashLoopBackOff 5 (10s ago) 3m
npm ERR! code ELIFECYCLE
npm error code 1
Error: Cannot find module 'express'
/bin/sh: 1: make: not found
bash: line 3: foo: command not found
cat: x: Permission denied
sh: can't open 'x': No such file or directory
Segmentation fault (core dumped)
Killed
x.sh: line 3: FOO: unbound variable
fatal: not a git repository (or any of the parent directories): .git
error: failed to push some refs to 'origin'
 ! [rejected]        main -> main (fetch first)
CONFLICT (content): Merge conflict in main.go
curl: (22) The requested URL returned error: 404
dial tcp 127.0.0.1:5432: connect: connection refused
E: Unable to locate package foo
2026-11-23 12:00:00,123 ERROR [main] app: boom
time="2026-11-23T12:00:00Z" level=error msg="boom"
{"level":"error","msg":"boom"}
Error: UPGRADE FAILED: timed out waiting for the condition
not ok 3 - adds
Process completed with exit code 1.
✖ 3 problems (2 errors, 1 warning)
     Failure/Error: expect(1).to eq(2)
write /tmp/x: no space left on device
Build step failed
Error:
WARNING: DATA RACE
go: example.com/x@v1.2.3: reading https://proxy/x.info: 404 Not Found
app/prices.py:3:8: F401 [*] `os` imported but unused
would reformat app/prices.py
#5 2.114 E: Unable to locate package libvips42-dev
│ Error: Error acquiring the state lock
Diff in /drone/src/src/main.rs at line 3:
 ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"
CMake Error at CMakeLists.txt:3 (find_package):
** (CompileError) lib/app.ex:3: undefined function
undefined method 'name' for nil:NilClass (NoMethodError)
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
unauthorized: authentication required
toomanyrequests: You have reached your pull rate limit.
manifest unknown: manifest unknown
Unable to connect to the server: dial tcp: lookup api.example.com: no such host
The Deployment "api" is invalid: spec.selector: Required value
Error from server (NotFound): deployments.apps "api" not found
curl: (6) Could not resolve host: example.com
go: error obtaining VCS status: exit status 128
error: signal: killed
Test timeout of 30000ms exceeded.
Program.cs(3,5): error CS0103: The name 'x' does not exist
"""

WARNINGS = """
WARN foo is old
npm WARN deprecated request@2.88.2: request has been deprecated
npm warn deprecated inflight@1.0.6
warning: unused variable: `x`
main.c:3:5: warning: unused variable 'error' [-Wunused-variable]
[WARNING] Using platform encoding
W: GPG error: http://deb.debian.org bookworm InRelease
DeprecationWarning: datetime.utcnow() is deprecated
time="2026-11-23T12:00:00Z" level=warning msg="retry"
0 errors, 2 warnings
WARNING: Error loading config, using defaults
"""

ORDINARY = """
0 errors
no error
No errors found
Found 0 errors. Watching for file changes.
0 failed, 12 passed
Failures: 0, Errors: 0, Skipped: 0
[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0
error_handler.go ok
ok  	example.com/errors	0.012s
--- PASS: TestError (0.00s)
=== RUN   TestFatal/error:_boom
+ grep -i error: build.log
+ echo "FAILED" && exit 1
PASS src/error.test.js
  ✓ throws Error: boom (2 ms)
tests/test_error.py::test_error PASSED [ 12%]
test error::tests::fails ... ok
Downloading https://repo/error-prone-1.0.jar
   Compiling thiserror v1.0.50
ok 3 - handles error: boom
create mode 100644 errors/error.go
err=<nil> error=null
{"error":null,"status":"ok"}
exit code 0
'; exit 3; fi
exited with status 0
0 warnings
http://example.com/error: see there
balance_test.go:41: 3 backends, 300 calls
    main_test.go:12: got 3
uploading fail-fast.log
--on-error=continue
Terminating processes
HEAD is now at 1234567 fix error handling
without any errors
build finished with no failures
npm notice created a lockfile
adding: failures/readme.txt
#5 1.902 Reading package lists...
go: downloading golang.org/x/errors v0.1.0
3 files would be left unchanged
"""


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("text", lines(ERRORS))
def test_errors_are_found(text: str) -> None:
    assert level_of(text) is Level.ERROR


@pytest.mark.parametrize("text", lines(WARNINGS))
def test_warnings_are_found(text: str) -> None:
    assert level_of(text) is Level.WARNING


@pytest.mark.parametrize("text", lines(ORDINARY))
def test_what_only_speaks_of_errors_is_no_error(text: str) -> None:
    assert level_of(text) is Level.NONE


def test_the_first_error() -> None:
    assert first_error(["+ make", "warning: x", "gcc …", "error: y", "error: z"]) == 3
    assert first_error(["fine"]) is None
    assert first_error([]) is None


def test_every_rule_s_word_lets_its_findings_through() -> None:
    """A rule whose word is not in what its pattern finds would never be looked at."""
    for text in lines(ERRORS) + lines(WARNINGS):
        for rule in _RULES:
            if rule.pattern.search(text):
                assert rule.word in text.lower(), (rule, text)


@given(st.text(max_size=3000))
def test_any_text_has_a_level(text: str) -> None:
    assert level_of(text) in Level


@given(
    st.lists(st.sampled_from(lines(ERRORS) + lines(WARNINGS) + lines(ORDINARY)) | st.text("eErRoO: fail", max_size=20))
)
def test_many_lines_are_as_grave_as_each(texts: list[str]) -> None:
    texts = [text.replace("\n", " ") for text in texts]
    assert levels_of("\n".join(texts)) == [(at, level) for at, text in enumerate(texts) if (level := level_of(text))]
    texts.append("." * _SHORT)  # from there on another way is taken
    assert levels_of("\n".join(texts)) == [(at, level) for at, text in enumerate(texts) if (level := level_of(text))]
