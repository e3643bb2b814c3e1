"""What compilers, linters and tests print when all goes well; of a failing one, all before the failure."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.demo.said import BOLD, CYAN, DIM, GREEN, OFF, RED, Said

PACKAGES = ("api", "auth", "cart", "config", "db", "events", "http", "metrics", "queue", "session", "store")
MODULES = ("cart", "catalog", "checkout", "login", "orders", "prices", "search", "session", "stock", "users")


def _go_vet(said: Said) -> None:
    said.run("go vet ./...")
    for package in said.rng.sample(("zap", "chi", "pgx", "errgroup", "otel", "backoff"), 4):
        said.line(f"go: downloading example.org/{package} v1.{said.n(0, 30)}.{said.n(0, 9)}")


def _go_test(said: Said) -> None:
    said.run("go test -race -count=1 ./...")
    for package in PACKAGES:
        path = f"git.acme.example/{said.build.repo.slug}/internal/{package}"
        if package == "config":
            said.line(f"?   \t{path}\t[no test files]")
        elif not (said.failed and package == "session"):
            said.line(f"{GREEN}ok{OFF}  \t{path}\t{said.took():.3f}s")


def _go_build(said: Said) -> None:
    said.run(f"CGO_ENABLED=0 go build -trimpath -o bin/{said.name} ./cmd/{said.name}")
    if not said.failed:
        said.run(f"ls -lh bin/{said.name}")
        said.line(f"-rwxr-xr-x 1 root root {said.n(9, 24)}M bin/{said.name}")


def _ruff(said: Said) -> None:
    said.run("ruff check .")
    if not said.failed:
        said.line(f"{GREEN}All checks passed!{OFF}")


def _pytest(said: Said) -> None:
    said.run("pytest -q --color=yes")
    said.line(f"{BOLD}============================= test session starts =============================={OFF}")
    for index, module in enumerate(MODULES, 1):
        said.pieces.append(f"tests/test_{module}.py ")
        dots = said.n(6, 30)
        for _ in range(dots // 6):
            said.pieces.append(f"{GREEN}......{OFF}")
        if said.failed and module == "prices":
            said.pieces.append(f"{RED}F{OFF}")
        said.pieces.append(f"  [{index * 100 // len(MODULES):3d}%]")
        said.pieces.append("\n")
    if not said.failed:
        said.line(
            "",
            f"{GREEN}=================== {said.n(180, 240)} passed in {said.took(8, 20):.2f}s ==================={OFF}",
        )


def _coverage(said: Said) -> None:
    said.run("coverage report --fail-under=85")
    for module in MODULES[:6]:
        said.line(f"app/{module + '.py':<24}{said.n(60, 400):>6}{said.n(0, 40):>6}{said.n(78, 100):>6}%")


def _eslint(said: Said) -> None:
    said.run("npx eslint . --max-warnings 0")


def _prettier(said: Said) -> None:
    said.run("npx prettier --check .")
    said.line("Checking formatting...")
    if not said.failed:
        said.line("All matched files use Prettier code style!")


def _jest(said: Said) -> None:
    said.run("npx jest --ci --coverage=false")
    for module in MODULES:
        if not (said.failed and module == "cart"):
            said.line(
                f"\x1b[42;30m PASS {OFF} {DIM}src/{module}/{OFF}{BOLD}{module}.test.ts{OFF} ({said.took(0.2, 5):.3f} s)"
            )
    if not said.failed:
        said.line(
            "",
            f"{BOLD}Tests:{OFF}       {GREEN}{said.n(210, 260)} passed{OFF}",
            f"{BOLD}Snapshots:{OFF}   12 passed, 12 total",
        )


def _tsc(said: Said) -> None:
    said.run("npx tsc --noEmit -p tsconfig.ci.json")


def _playwright(said: Said) -> None:
    said.run("npx playwright test --reporter=line")
    total = 24
    for index in range(1, total + 1):
        module = MODULES[index % len(MODULES)]
        said.pieces.append(
            f"\x1b[1A\x1b[2K[{index}/{total}] [chromium] › e2e/{module}.spec.ts:{index * 7}:5 › {module} works\n"
        )
    if not said.failed:
        said.line(f"  {GREEN}{total} passed{OFF} ({said.took(18, 29):.1f}s)")


def _vite(said: Said) -> None:
    said.run("npx vite build")
    said.line(f"{CYAN}vite v5.4.8 {GREEN}building for production...{OFF}", "transforming...")
    if not said.failed:
        for name, size in (("index.html", 0.84), ("assets/index-4fd1c2.css", 61.2), ("assets/index-b7a09e.js", 412.7)):
            said.line(f"{DIM}dist/{OFF}{CYAN}{name:<28}{OFF}{size:>8} kB")
        said.line(f"{GREEN}✓ built in {said.took(4, 8):.2f}s{OFF}")


def _cargo(command: str) -> Callable[[Said], None]:
    def say(said: Said) -> None:
        said.run(command)
        for crate in ("serde", "tokio", "tantivy", "tracing", "hyper", "rayon", "regex", "search-core"):
            said.line(f"{BOLD}{GREEN}   Compiling{OFF} {crate} v{said.n(0, 2)}.{said.n(1, 40)}.{said.n(0, 9)}")
        if not said.failed:
            said.line(f"{BOLD}{GREEN}    Finished{OFF} profile in {said.took(6, 20):.2f}s")

    return say


def _cargo_test(said: Said) -> None:
    _cargo("cargo test --workspace --locked")(said)
    said.line("     Running unittests src/lib.rs", "", "running 42 tests")
    for module in MODULES:
        for case in ("empty", "order", "unicode"):
            if not (said.failed and module == "search" and case == "unicode"):
                said.line(f"test {module}::tests::{case} ... {GREEN}ok{OFF}")
    if not said.failed:
        said.line("", f"test result: {GREEN}ok{OFF}. 42 passed; 0 failed; 0 ignored; finished in {said.took():.2f}s")


def _cargo_bench(said: Said) -> None:
    said.run("cargo bench --bench query")
    for round_ in range(18):
        for module in MODULES:
            name, low = f"{module}/{1 << round_ % 12}", said.rng.uniform(80, 900)
            said.pieces.append(f"\rBenchmarking {name}: Collecting 100 samples")
            times = f"{low:.2f} µs {BOLD}{low + 1:.2f} µs{OFF} {low + 2:.2f} µs"
            said.line("", f"{GREEN}{name:<20}{OFF} time:   [{times}]")


def _maven(goal: str) -> Callable[[Said], None]:
    def say(said: Said) -> None:
        said.run(f"mvn -B -ntp {goal}")
        said.line("[INFO] Scanning for projects...", f"[INFO] {'-' * 20}< example.acme:{said.name} >{'-' * 20}")
        for module in MODULES[:5]:
            said.line(f"[INFO] --- {goal.split()[-1]} ({module}) @ {said.name}-{module} ---")
            if goal == "test":
                said.line(
                    f"[INFO] Tests run: {said.n(8, 60)}, Failures: 0, Errors: 0, Skipped: 0 -- in {module.title()}Test"
                )
        if not said.failed:
            said.line(f"[INFO] {BOLD}{GREEN}BUILD SUCCESS{OFF}", f"[INFO] Total time:  {said.took(8, 30):.3f} s")

    return say


def _gradle(said: Said) -> None:
    said.run("./gradlew --console=plain assembleRelease")
    for task in (
        "preBuild",
        "generateReleaseSources",
        "compileReleaseKotlin",
        "mergeReleaseResources",
        "minifyReleaseWithR8",
        "packageRelease",
    ):
        said.line(f"> Task :app:{task}")
    if not said.failed:
        said.line(
            "",
            f"{BOLD}BUILD SUCCESSFUL{OFF} in {said.took(20, 34):.0f}s",
            "214 actionable tasks: 96 executed, 118 from cache",
        )


TOOLS: dict[str, Callable[[Said], None]] = {
    "go-vet": _go_vet,
    "go-test": _go_test,
    "go-build": _go_build,
    "ruff": _ruff,
    "pytest": _pytest,
    "coverage": _coverage,
    "eslint": _eslint,
    "prettier": _prettier,
    "jest": _jest,
    "tsc": _tsc,
    "playwright": _playwright,
    "vite": _vite,
    "cargo-fmt": _cargo("cargo fmt --check"),
    "cargo-clippy": _cargo("cargo clippy --workspace -- -D warnings"),
    "cargo-build": _cargo("cargo build --release --locked"),
    "cargo-test": _cargo_test,
    "cargo-bench": _cargo_bench,
    "maven-compile": _maven("compile"),
    "maven-test": _maven("test"),
    "maven-package": _maven("-DskipTests package"),
    "gradle": _gradle,
}
