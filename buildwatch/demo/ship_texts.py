"""What fetching, packing and deploying print when all goes well; of a failing one, all before the failure."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.demo.said import BOLD, GREEN, OFF, Said


def unknown(said: Said) -> None:
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


def _pip(said: Said) -> None:
    said.run("pip install --no-cache-dir -r requirements.txt")
    for package in ("fastapi", "sqlalchemy", "psycopg", "pydantic", "numpy"):
        said.line(f"Collecting {package}=={said.n(1, 3)}.{said.n(0, 20)}.0 (from -r requirements.txt)")
        said.bar(f"  Downloading {package}", 8)
    if not said.failed:
        said.line("Successfully installed fastapi numpy psycopg pydantic sqlalchemy")


def _service(said: Said) -> None:
    said.line(
        "PostgreSQL init process complete; ready for start up.",
        'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
        "LOG:  database system is ready to accept connections",
    )


def _npm(said: Said) -> None:
    said.run("npm ci --no-audit")
    said.bar("idealTree: fetching")
    if not said.failed:
        said.line(f"added {said.n(900, 1400)} packages in {said.took(4, 9):.0f}s")


def _docker(said: Said) -> None:
    said.run(f"docker build --pull -t {said.image} .")
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
            f"#6 pushing {said.image}",
            "#6 DONE 1.9s",
        )


def _kubectl(said: Said) -> None:
    target = said.build.origin.deploy_to or "production"
    said.run(f"kubectl -n {target} set image deploy/{said.name} app={said.image}")
    said.line(f"deployment.apps/{said.name} image updated")
    said.run(f"kubectl -n {target} rollout status deploy/{said.name} --timeout=120s")
    for ready in range(6):
        said.line(f'Waiting for deployment "{said.name}" rollout to finish: {ready} out of 6 new replicas are up...')
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


TOOLS: dict[str, Callable[[Said], None]] = {
    "git": _git,
    "pip": _pip,
    "service": _service,
    "npm": _npm,
    "docker-build": _docker,
    "docker-push": _docker,
    "kubectl": _kubectl,
    "terraform-plan": _terraform_plan,
    "terraform-apply": _terraform_apply,
    "slack": _slack,
    "curl": _curl,
}
