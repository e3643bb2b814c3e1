"""What the tools of the company's pipelines print when all goes well."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildwatch.demo.state import Build, Step

GREEN, RED, YELLOW, CYAN, DIM, BOLD, OFF = (
    "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[1m", "\x1b[0m",
)  # fmt: skip


class Said:
    """The output of one step as it grows, and what it is about."""

    def __init__(self, rng: Random, build: Build, step: Step) -> None:
        self.rng = rng
        self.build = build
        self.step = step
        self.pieces: list[str] = []

    @property
    def name(self) -> str:
        return self.build.repo.project.name

    @property
    def failed(self) -> bool:
        return self.step.plan.outcome == "failure"

    @property
    def commit(self) -> str:
        return self.build.origin.after

    def run(self, command: str) -> None:
        """The runner's echo of a command."""
        self.pieces.append(f"+ {command}\n")

    def line(self, *lines: str) -> None:
        self.pieces.extend(f"{line}\n" for line in lines)

    def bar(self, label: str, steps: int = 20) -> None:
        """A progress bar: pieces that go back to the begin of their line."""
        for done in range(steps + 1):
            percent = done * 100 // steps
            self.pieces.append(f"\r{label} [{'#' * done}{'.' * (steps - done)}] {percent:3d}%")
        self.pieces.append("\n")

    def took(self, low: float = 0.002, high: float = 1.4) -> float:
        return self.rng.uniform(low, high)


def usual(said: Said) -> None:
    """What a step's tool prints; of a failing one, all before the failure."""
    _TOOLS.get(said.step.plan.tool, _plain)(said)


PACKAGES = ("api", "auth", "cart", "config", "db", "events", "http", "metrics", "queue", "session", "store")
MODULES = ("cart", "catalog", "checkout", "login", "orders", "prices", "search", "session", "stock", "users")


def _plain(said: Said) -> None:
    said.run(f"./ci/{said.step.plan.name.replace(' ', '-')}.sh")
    said.line("done")


def _git(said: Said) -> None:
    origin = said.build.origin
    said.run("git init")
    said.line("Initialized empty Git repository in /drone/src/.git/")
    said.run(f"git remote add origin https://git.acme.example/{said.build.repo.slug}.git")
    said.run(f"git fetch origin +{origin.ref}:")
    said.line(f"From https://git.acme.example/{said.build.repo.slug}")
    said.line(f" * branch            {origin.target:<10} -> FETCH_HEAD")
    said.run(f"git checkout {said.commit} -b {origin.target}")
    said.line(f"Switched to a new branch '{origin.target}'")


def _go_vet(said: Said) -> None:
    said.run("go vet ./...")
    for package in said.rng.sample(("zap", "chi", "pgx", "errgroup", "otel", "backoff"), 4):
        said.line(f"go: downloading example.org/{package} v1.{said.rng.randint(0, 30)}.{said.rng.randint(0, 9)}")


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
        said.line(f"-rwxr-xr-x 1 root root {said.rng.randint(9, 24)}M bin/{said.name}")


def _pip(said: Said) -> None:
    said.run("pip install --no-cache-dir -r requirements.txt")
    for package in ("fastapi", "sqlalchemy", "psycopg", "pydantic", "numpy"):
        said.line(
            f"Collecting {package}=={said.rng.randint(1, 3)}.{said.rng.randint(0, 20)}.0 (from -r requirements.txt)"
        )
        said.bar(f"  Downloading {package}", 8)
    if not said.failed:
        said.line("Successfully installed fastapi numpy psycopg pydantic sqlalchemy")


def _service(said: Said) -> None:
    said.line(
        "PostgreSQL init process complete; ready for start up.",
        'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
        "LOG:  database system is ready to accept connections",
    )


def _ruff(said: Said) -> None:
    said.run("ruff check .")
    if not said.failed:
        said.line(f"{GREEN}All checks passed!{OFF}")


def _pytest(said: Said) -> None:
    said.run("pytest -q --color=yes")
    said.line(f"{BOLD}============================= test session starts =============================={OFF}")
    for index, module in enumerate(MODULES, 1):
        said.pieces.append(f"tests/test_{module}.py ")
        dots = said.rng.randint(6, 30)
        for _ in range(dots // 6):
            said.pieces.append(f"{GREEN}......{OFF}")
        if said.failed and module == "prices":
            said.pieces.append(f"{RED}F{OFF}")
        said.pieces.append(f"  [{index * 100 // len(MODULES):3d}%]")
        said.pieces.append("\n")
    if not said.failed:
        said.line(
            "",
            f"{GREEN}======================= {said.rng.randint(180, 240)} passed in {said.took(8, 20):.2f}s ========================{OFF}",
        )


def _coverage(said: Said) -> None:
    said.run("coverage report --fail-under=85")
    for module in MODULES[:6]:
        said.line(
            f"app/{module + '.py':<24}{said.rng.randint(60, 400):>6}{said.rng.randint(0, 40):>6}{said.rng.randint(78, 100):>6}%"
        )


def _npm(said: Said) -> None:
    said.run("npm ci --no-audit")
    said.bar("idealTree: fetching")
    if not said.failed:
        said.line(f"added {said.rng.randint(900, 1400)} packages in {said.took(4, 9):.0f}s")


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
            f"{BOLD}Tests:{OFF}       {GREEN}{said.rng.randint(210, 260)} passed{OFF}",
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
            said.line(
                f"{BOLD}{GREEN}   Compiling{OFF} {crate} v{said.rng.randint(0, 2)}.{said.rng.randint(1, 40)}.{said.rng.randint(0, 9)}"
            )
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
            said.pieces.append(f"\rBenchmarking {module}/{1 << round_ % 12}: Collecting 100 samples")
            low = said.rng.uniform(80, 900)
            said.line(
                "",
                f"{GREEN}{module}/{1 << round_ % 12:<12}{OFF} time:   [{low:.2f} µs {BOLD}{low * 1.01:.2f} µs{OFF} {low * 1.03:.2f} µs]",
            )


def _maven(goal: str) -> Callable[[Said], None]:
    def say(said: Said) -> None:
        said.run(f"mvn -B -ntp {goal}")
        said.line("[INFO] Scanning for projects...", f"[INFO] {'-' * 20}< example.acme:{said.name} >{'-' * 20}")
        for module in MODULES[:5]:
            said.line(f"[INFO] --- {goal.split()[-1]} ({module}) @ {said.name}-{module} ---")
            if goal == "test":
                said.line(
                    f"[INFO] Tests run: {said.rng.randint(8, 60)}, Failures: 0, Errors: 0, Skipped: 0 -- in example.acme.{module}.{module.title()}Test"
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


def _docker(said: Said) -> None:
    said.run(f"docker build --pull -t registry.acme.example/{said.build.repo.slug}:{said.commit[:8]} .")
    said.line("#1 [internal] load build definition from Dockerfile", "#1 DONE 0.0s")
    for index, text in enumerate(
        ("FROM docker.io/library/debian:bookworm-slim", "RUN apt-get update", "COPY . /src", "RUN make install"), 2
    ):
        said.line(f"#{index} [{index - 1}/4] {text}")
        if index == 2:
            for done in range(0, 30, 4):
                said.pieces.append(f"\r#2 sha256:{said.commit[:12]} {done / 1.0:.1f}MB / 29.1MB")
            said.pieces.append("\n")
        if not (said.failed and index == 5):
            said.line(f"#{index} DONE {said.took(0.1, 4):.1f}s")
    if not said.failed:
        said.line(
            "#6 exporting to image",
            f"#6 pushing registry.acme.example/{said.build.repo.slug}:{said.commit[:8]}",
            "#6 DONE 1.9s",
        )


def _kubectl(said: Said) -> None:
    target = said.build.origin.deploy_to or "production"
    said.run(
        f"kubectl -n {target} set image deploy/{said.name} app=registry.acme.example/{said.build.repo.slug}:{said.commit[:8]}"
    )
    said.line(f"deployment.apps/{said.name} image updated")
    said.run(f"kubectl -n {target} rollout status deploy/{said.name} --timeout=120s")
    for ready in range(6):
        said.line(
            f'Waiting for deployment "{said.name}" rollout to finish: {ready} out of 6 new replicas have been updated...'
        )
    if not said.failed:
        said.line(f'deployment "{said.name}" successfully rolled out')


def _terraform_plan(said: Said) -> None:
    said.run("terraform init -input=false")
    said.line(f"{BOLD}Initializing the backend...{OFF}", f"{GREEN}Terraform has been successfully initialized!{OFF}")
    said.run("terraform plan -input=false -out=plan.bin")
    for name in ("network.main", "cluster.blue", "database.orders", "bucket.media"):
        said.line(f"{name}: Refreshing state... [id={said.rng.getrandbits(32):08x}]")
    if not said.failed:
        said.line(f"{BOLD}Plan:{OFF} 2 to add, 1 to change, 0 to destroy.")


def _terraform_apply(said: Said) -> None:
    said.run("terraform apply -input=false plan.bin")
    for name in ("node_pool.workers", "database.orders"):
        said.line(f"{BOLD}{name}: Modifying...{OFF}")
        for seconds in range(10, 60, 10):
            said.line(f"{name}: Still modifying... [{seconds}s elapsed]")
        if not said.failed:
            said.line(f"{BOLD}{name}: Modifications complete after 52s{OFF}")


def _slack(said: Said) -> None:
    said.line("posting to #builds", "ok")


def _curl(said: Said) -> None:
    for host in ("api", "shop", "auth"):
        said.run(f"curl -fsS https://{host}.acme.example/healthz")
        if not (said.failed and host == "auth"):
            said.pieces.extend(("ok", "\n"))


_TOOLS: dict[str, Callable[[Said], None]] = {
    "git": _git,
    "go-vet": _go_vet,
    "go-test": _go_test,
    "go-build": _go_build,
    "pip": _pip,
    "service": _service,
    "ruff": _ruff,
    "pytest": _pytest,
    "coverage": _coverage,
    "npm": _npm,
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
    "docker-build": _docker,
    "docker-push": _docker,
    "kubectl": _kubectl,
    "terraform-plan": _terraform_plan,
    "terraform-apply": _terraform_apply,
    "slack": _slack,
    "curl": _curl,
}
