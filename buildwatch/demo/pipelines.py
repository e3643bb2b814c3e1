"""The pipelines the company's repos use, by what they are written in."""

from __future__ import annotations

from buildwatch.demo.templates import StageTemplate as Stage
from buildwatch.demo.templates import StepTemplate as Step

PUSHED = ("push", "tag", "custom", "cron")
RELEASED = ("tag",)
DEPLOYED = ("promote", "rollback")
CHECKED = ("push", "pull_request", "tag", "custom", "cron")

_CLONE = Step("clone", "git", 1.6, "drone/git")
_TELL = Step("notify", "slack", 0.8, "plugins/slack", on=PUSHED, always=True)

GO = (
    Stage(
        "default",
        (
            _CLONE,
            Step("vet", "go-vet", 4.5, "golang:1.23", on=CHECKED, breaks=2),
            Step("test", "go-test", 16, "golang:1.23", on=CHECKED, breaks=6),
            Step("build", "go-build", 7, "golang:1.23", on=CHECKED, breaks=2),
            Step("publish", "docker-build", 9, "plugins/docker", on=PUSHED, breaks=1),
            Step("deploy", "kubectl", 14, "bitnami/kubectl", on=DEPLOYED, breaks=1),
            _TELL,
        ),
    ),
)

RUST = (
    Stage(
        "check",
        (
            _CLONE,
            Step("fmt", "cargo-fmt", 1.5, "rust:1.82", on=CHECKED, breaks=1),
            Step("clippy", "cargo-clippy", 11, "rust:1.82", on=CHECKED, breaks=3),
        ),
    ),
    Stage(
        "test",
        (_CLONE, Step("cargo test", "cargo-test", 27, "rust:1.82", on=CHECKED, breaks=5)),
        needs=("check",),
    ),
    Stage(
        "bench",
        (_CLONE, Step("criterion", "cargo-bench", 420, "rust:1.82", on=("cron",))),
        needs=("test",),
    ),
    Stage(
        "release",
        (
            _CLONE,
            Step("build", "cargo-build", 18, "rust:1.82", on=PUSHED, breaks=1),
            Step("publish", "docker-build", 8, "plugins/docker", on=PUSHED),
        ),
        needs=("test",),
    ),
)

PYTHON = (
    Stage(
        "default",
        (
            _CLONE,
            Step("install", "pip", 6, "python:3.12", on=CHECKED, breaks=1),
            Step("postgres", "service", 30, "postgres:16", on=CHECKED, detached=True),
            Step("lint", "ruff", 1.5, "python:3.12", on=CHECKED, breaks=1),
            Step("test", "pytest", 19, "python:3.12", on=CHECKED, breaks=6),
            Step("coverage", "coverage", 2, "python:3.12", on=CHECKED, ignore_failure=True),
            Step("image", "docker-build", 8, "plugins/docker", on=PUSHED, breaks=1),
            Step("deploy", "kubectl", 12, "bitnami/kubectl", on=DEPLOYED, breaks=1),
            _TELL,
        ),
    ),
)

NODE = (
    Stage(
        "lint",
        (
            _CLONE,
            Step("install", "npm", 7, "node:22", on=CHECKED, breaks=1),
            Step("eslint", "eslint", 5, "node:22", on=CHECKED, breaks=3),
            Step("prettier", "prettier", 2, "node:22", on=CHECKED, ignore_failure=True),
        ),
    ),
    Stage("unit", (Step("jest", "jest", 14, "node:22", on=CHECKED, breaks=5),), needs=("lint",)),
    Stage(
        "e2e",
        (
            Step("browsers", "playwright", 26, "playwright:v1.48", on=CHECKED, breaks=4),
            Step("report", "report", 1.5, "node:22", on=CHECKED, always=True),
        ),
        needs=("lint",),
    ),
    Stage(
        "package",
        (
            Step("bundle", "vite", 8, "node:22", on=PUSHED, breaks=1),
            Step("image", "docker-build", 7, "plugins/docker", on=PUSHED),
        ),
        needs=("unit", "e2e"),
    ),
    Stage("deploy", (Step("rollout", "kubectl", 12, "bitnami/kubectl", on=DEPLOYED, breaks=1),)),
    Stage("notify", (_TELL,), needs=("package",), on_failure=True),
)

MOBILE = (
    Stage(
        "verify",
        (
            _CLONE,
            Step("install", "npm", 8, "node:22", on=CHECKED, breaks=1),
            Step("types", "tsc", 6, "node:22", on=CHECKED, breaks=3, needs=("install",)),
            Step("jest", "jest", 13, "node:22", on=CHECKED, breaks=4, needs=("install",)),
        ),
    ),
    Stage(
        "android",
        (Step("gradle assemble", "gradle", 30, "jdk:21", on=CHECKED, breaks=2),),
        needs=("verify",),
    ),
    Stage(
        "store upload",
        (Step("internal track 🚀", "upload", 9, "node:22", on=RELEASED, breaks=1),),
        needs=("android",),
    ),
)

JAVA = (
    Stage(
        "default",
        (
            _CLONE,
            Step("compile", "maven-compile", 9, "maven:3.9", on=CHECKED, breaks=4),
            Step("test", "maven-test", 24, "maven:3.9", on=CHECKED, breaks=5),
            Step("package", "maven-package", 6, "maven:3.9", on=PUSHED),
            Step("image", "docker-build", 8, "plugins/docker", on=PUSHED, breaks=1),
            Step("deploy", "kubectl", 14, "bitnami/kubectl", on=DEPLOYED, breaks=1),
        ),
    ),
)

IMAGES = (
    Stage("lint", (_CLONE, Step("hadolint", "hadolint", 2, "hadolint", on=CHECKED, breaks=1))),
    Stage(
        "debian",
        (_CLONE, Step("build", "docker-build", 24, "plugins/docker", on=CHECKED, breaks=3)),
        needs=("lint",),
    ),
    Stage(
        "alpine",
        (_CLONE, Step("build", "docker-build", 15, "plugins/docker", on=CHECKED, breaks=2)),
        needs=("lint",),
    ),
    Stage(
        "manifest",
        (Step("push", "docker-push", 7, "plugins/manifest", on=PUSHED, breaks=1),),
        needs=("debian", "alpine"),
    ),
)

TERRAFORM = (
    Stage(
        "plan",
        (
            _CLONE,
            Step("fmt", "terraform-fmt", 1.2, "terraform:1.9", on=CHECKED, breaks=1),
            Step("plan", "terraform-plan", 12, "terraform:1.9", breaks=3),
        ),
        runner="exec",
    ),
    Stage(
        "apply",
        (Step("apply", "terraform-apply", 22, "terraform:1.9", on=("push", *DEPLOYED), breaks=2),),
        needs=("plan",),
        runner="exec",
    ),
    Stage(
        "smoke",
        (Step("curl health", "curl", 4, "curl", on=("push", *DEPLOYED), breaks=1),),
        needs=("apply",),
        runner="exec",
    ),
)

HELM = (
    Stage(
        "default",
        (
            _CLONE,
            Step("helm lint", "helm", 3, "helm:3.16", on=CHECKED, breaks=2),
            Step("diff", "kubectl-diff", 5, "bitnami/kubectl", breaks=1),
            Step("rollout", "kubectl", 16, "bitnami/kubectl", on=("push", *DEPLOYED), breaks=3),
        ),
        runner="exec",
    ),
)

BY_LANGUAGE = {
    "go": GO,
    "rust": RUST,
    "python": PYTHON,
    "node": NODE,
    "mobile": MOBILE,
    "java": JAVA,
    "images": IMAGES,
    "terraform": TERRAFORM,
    "helm": HELM,
}
