"""How the tools of the company's pipelines say that something is wrong."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.demo.said import BOLD, GREEN, OFF, RED, YELLOW, Said


def unknown(said: Said) -> None:
    said.line(f"{RED}error{OFF}: {said.step.plan.name} did not finish")


def _go_vet(said: Said) -> None:
    said.line(
        f"# git.acme.example/{said.build.repo.slug}/internal/session",
        f"internal/session/store.go:{said.n(40, 120)}:2: fmt.Errorf format %w has arg id of wrong type string",
    )


def _go_test(said: Said) -> None:
    line = said.n(40, 160)
    said.line(
        f"--- {RED}FAIL{OFF}: TestRefreshKeepsSession (0.31s)",
        f"    session_test.go:{line}: ",
        f"        \tError Trace:\t/drone/src/internal/session/session_test.go:{line}",
        "        \tError:      \tNot equal:",
        '        \t            \texpected: "active"',
        '        \t            \tactual  : "expired"',
        "        \tTest:       \tTestRefreshKeepsSession",
        f"{RED}FAIL{OFF}",
        f"{RED}FAIL{OFF}\tgit.acme.example/{said.build.repo.slug}/internal/session\t1.482s",
        f"{RED}FAIL{OFF}",
    )


def _go_build(said: Said) -> None:
    said.line(
        f"# git.acme.example/{said.build.repo.slug}/internal/http",
        f"internal/http/server.go:{said.n(20, 90)}:17: undefined: newLimiter",
        f"internal/http/server.go:{said.n(91, 140)}:9: cannot use ctx (type context.Context) as *http.Request value",
    )


def _pytest(said: Said) -> None:
    said.line(
        "",
        "=================================== FAILURES ===================================",
        f"{RED}{BOLD}____________________________ test_rounds_half_even _____________________________{OFF}",
        "",
        "    def test_rounds_half_even() -> None:",
        ">       assert gross(Decimal('2.675'), vat=19) == Decimal('3.18')",
        f"{RED}E       AssertionError: assert Decimal('3.19') == Decimal('3.18'){OFF}",
        "",
        f"{RED}tests/test_prices.py{OFF}:{said.n(20, 90)}: AssertionError",
        "=========================== short test summary info ============================",
        f"{RED}FAILED{OFF} tests/test_prices.py::{BOLD}test_rounds_half_even{OFF} - AssertionError: assert Decim...",
        f"{RED}================= {BOLD}1 failed{OFF}, {GREEN}204 passed{OFF}{RED} in 14.02s ===================={OFF}",
    )


def _jest(said: Said) -> None:
    said.line(
        f"\x1b[41;37m FAIL {OFF} src/cart/{BOLD}cart.test.ts{OFF}",
        f"  {RED}● cart totals › applies the voucher once{OFF}",
        "",
        "    expect(received).toBe(expected) // Object.is equality",
        "",
        f"    Expected: {GREEN}1890{OFF}",
        f"    Received: {RED}1790{OFF}",
        "",
        f"      at Object.<anonymous> (src/cart/cart.test.ts:{said.n(30, 99)}:29)",
        "",
        f"{BOLD}Tests:{OFF}       {RED}1 failed{OFF}, {GREEN}231 passed{OFF}, 232 total",
    )


def _eslint(said: Said) -> None:
    said.line(
        "",
        "/drone/src/src/checkout/useVoucher.ts",
        f"  {said.n(10, 80)}:7  {RED}error{OFF}  'applied' is never used  no-unused-vars",
        f"  {said.n(81, 99)}:3  {YELLOW}warning{OFF}  React Hook useEffect has a missing dependency: 'cart'",
        "",
        f"{RED}✖ 2 problems (1 error, 1 warning){OFF}",
    )


def _prettier(said: Said) -> None:
    said.line(
        f"[{YELLOW}warn{OFF}] src/checkout/Summary.tsx",
        f"[{YELLOW}warn{OFF}] Code style issues found in the above file. Run Prettier with --write to fix.",
    )


def _tsc(said: Said) -> None:
    said.line(
        f"src/push/token.ts({said.n(10, 70)},21): error TS2345: Argument of type 'string | undefined' "
        "is not assignable to parameter of type 'string'."
    )


def _npm(said: Said) -> None:
    said.line(
        f"npm {RED}ERR!{OFF} code ERESOLVE",
        f"npm {RED}ERR!{OFF} ERESOLVE could not resolve",
        f'npm {RED}ERR!{OFF} peer react@"^17.0.0" from old-carousel@3.1.0',
    )


def _pip(said: Said) -> None:
    said.line(f"{RED}ERROR: No matching distribution found for pricing-core==4.2.1{OFF}")


def _playwright(said: Said) -> None:
    said.line(
        f"  1) [chromium] › e2e/checkout.spec.ts:{said.n(10, 60)}:5 › pays with a saved card",
        f"    {RED}Test timeout of 30000ms exceeded.{OFF}",
        "    Error: locator.click: Target closed",
        "    waiting for getByRole('button', { name: 'Pay now' })",
        f"  {RED}1 failed{OFF}",
    )


def _cargo(said: Said) -> None:
    line = said.n(30, 200)
    said.line(
        f"{BOLD}{RED}error[E0382]{OFF}{BOLD}: borrow of moved value: `segment`{OFF}",
        f"   --> search-core/src/index/merge.rs:{line}:24",
        "    |",
        f"{line - 3} |         writer.push(segment);",
        "    |                     ------- value moved here",
        f"{line} |         stats.add(segment.len());",
        f"    |                   {RED}^^^^^^^ value borrowed here after move{OFF}",
        "",
        f"{BOLD}{RED}error{OFF}: could not compile `search-core` (lib) due to 1 previous error",
    )


def _cargo_test(said: Said) -> None:
    said.line(
        f"test search::tests::unicode ... {RED}FAILED{OFF}",
        "",
        "failures:",
        "",
        "---- search::tests::unicode stdout ----",
        f"thread 'search::tests::unicode' panicked at search-core/src/search.rs:{said.n(100, 400)}:9:",
        "assertion `left == right` failed",
        '  left: ["straße"]',
        ' right: ["strasse", "straße"]',
        "",
        f"test result: {RED}FAILED{OFF}. 41 passed; 1 failed; 0 ignored",
        f"{BOLD}{RED}error{OFF}: test failed, to rerun pass `-p search-core --lib`",
    )


def _maven_compile(said: Said) -> None:
    said.line(
        f"[{BOLD}{RED}ERROR{OFF}] COMPILATION ERROR :",
        f"[{BOLD}{RED}ERROR{OFF}] /drone/src/orders/Invoice.java:[{said.n(20, 90)},18] cannot find symbol",
        "  symbol:   method netAmount()",
        "  location: variable line of type example.acme.orders.Line",
        f"[INFO] {BOLD}{RED}BUILD FAILURE{OFF}",
    )


def _maven_test(said: Said) -> None:
    said.line(
        f"[{BOLD}{RED}ERROR{OFF}] Tests run: 21, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE! -- in TokenTest",
        f"[{BOLD}{RED}ERROR{OFF}] TokenTest.expiresAtMidnight -- Time elapsed: 0.041 s <<< FAILURE!",
        "org.opentest4j.AssertionFailedError: expected: <2024-03-31T00:00Z> but was: <2024-03-30T23:00Z>",
        f"\tat example.acme.session.TokenTest.expiresAtMidnight(TokenTest.java:{said.n(40, 120)})",
        f"[INFO] {BOLD}{RED}BUILD FAILURE{OFF}",
    )


def _gradle(said: Said) -> None:
    said.line(
        "e: file:///drone/src/android/app/PushService.kt:42:19 Unresolved reference: NotificationChannels",
        "",
        "FAILURE: Build failed with an exception.",
        "* What went wrong:",
        "Execution failed for task ':app:compileReleaseKotlin'.",
        f"{BOLD}{RED}BUILD FAILED{OFF} in 21s",
    )


def _docker(said: Said) -> None:
    said.line(
        "#5 2.114 E: Unable to locate package libvips42-dev",
        '#5 ERROR: process "/bin/sh -c make install" did not complete successfully: exit code: 100',
        "------",
        " > [4/4] RUN make install:",
        "------",
        f'{RED}ERROR: failed to solve: process "/bin/sh -c make install" did not complete successfully{OFF}',
    )


def _kubectl(said: Said) -> None:
    said.line(
        f'error: deployment "{said.name}" exceeded its progress deadline',
        f"Back-off restarting failed container app in pod {said.name}-{said.commit[:9]}-x7k2p",
    )


def _terraform(said: Said) -> None:
    said.line(
        f"{RED}╷{OFF}",
        f"{RED}│{OFF} {BOLD}{RED}Error: {OFF}{BOLD}Error acquiring the state lock{OFF}",
        f"{RED}│{OFF}",
        f"{RED}│{OFF} Lock Info:",
        f"{RED}│{OFF}   ID:        {said.commit[:8]}-{said.commit[8:12]}",
        f"{RED}│{OFF}   Operation: OperationTypeApply",
        f"{RED}╵{OFF}",
    )


def _curl(said: Said) -> None:
    said.line("curl: (22) The requested URL returned error: 503")


FAILURES: dict[str, Callable[[Said], None]] = {
    "go-vet": _go_vet,
    "go-test": _go_test,
    "go-build": _go_build,
    "pytest": _pytest,
    "pip": _pip,
    "jest": _jest,
    "eslint": _eslint,
    "prettier": _prettier,
    "tsc": _tsc,
    "npm": _npm,
    "playwright": _playwright,
    "cargo-clippy": _cargo,
    "cargo-build": _cargo,
    "cargo-test": _cargo_test,
    "maven-compile": _maven_compile,
    "maven-test": _maven_test,
    "gradle": _gradle,
    "docker-build": _docker,
    "kubectl": _kubectl,
    "terraform-plan": _terraform,
    "terraform-apply": _terraform,
    "curl": _curl,
}
