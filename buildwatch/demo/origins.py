"""What makes a build: pushes, pull requests, tags, deployments, timers and people who press a button."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from buildwatch.demo import company
from buildwatch.demo.state import Build, Origin, Repo, Status

if TYPE_CHECKING:
    from buildwatch.demo.templates import Project

NO_PIPELINE_BRANCH = "gh-pages"
"""A branch every repo has and no pipeline is for: creating a build of it gives none."""


def push(project: Project, rng: Random, *, branch: str = "") -> Origin:
    """A push to the default branch, or to one of somebody's own."""
    branch = branch or (project.default_branch if rng.random() < 0.65 else company.branch(rng))
    person, before, after = company.author(rng), company.commit(rng), company.commit(rng)
    return Origin(
        "push",
        company.message(rng),
        after,
        f"refs/heads/{branch}",
        branch,
        branch,
        sender=person.login,
        author=person,
        before=before,
        link=f"{_home(project)}/compare/{before}...{after}",
    )


def pull_request(project: Project, rng: Random) -> Origin:
    person, number = company.author(rng), rng.randint(120, 980)
    title, _, body = company.message(rng).partition("\n\n")
    return Origin(
        "pull_request",
        body or title,
        company.commit(rng),
        f"refs/pull/{number}/head",
        company.branch(rng),
        project.default_branch,
        sender=person.login,
        author=person,
        action=rng.choice(("opened", "synchronized")),
        title=title,
        source_repo=f"{project.namespace}/{project.name}",
        link=f"{_home(project)}/pulls/{number}",
    )


def tag(repo: Repo, rng: Random) -> Origin:
    person = company.author(rng)
    released = sum(build.origin.event == "tag" for build in repo.builds)
    name = f"v{1 + released // 12}.{released % 12}.{rng.choice((0, 0, 1))}"
    return Origin(
        "tag",
        company.message(rng),
        company.commit(rng),
        f"refs/tags/{name}",
        name,
        name,
        sender=person.login,
        author=person,
        action="create",
    )


def cron(repo: Repo, name: str, rng: Random) -> Origin:
    head = newest_commit(repo, repo.project.default_branch)
    branch = repo.project.default_branch
    after = head.origin.after if head else company.commit(rng)
    return Origin(
        "cron",
        head.origin.message if head else company.message(rng),
        after,
        f"refs/heads/{branch}",
        "",
        branch,
        trigger="@cron",
        author=head.origin.author if head else company.author(rng),
        author_named_only=True,
        link=commit_link(repo.project, after),
        cron=name,
    )


def custom(repo: Repo, login: str, branch: str, after: str, params: dict[str, str]) -> Origin:
    """Somebody asks for a build of a branch, or of one commit of it."""
    head = next((b for b in reversed(repo.builds) if b.origin.after == after), None)
    return Origin(
        "custom",
        head.origin.message if head else "Initial commit",
        after,
        f"refs/heads/{branch}",
        branch,
        branch,
        trigger=login,
        sender=login,
        author=head.origin.author if head else company.ADMIN,
        author_named_only=True,
        before=after,
        link=commit_link(repo.project, after),
        params=params,
    )


def deployment(build: Build, event: str, login: str, target: str, params: dict[str, str]) -> Origin:
    """A promote or a rollback of an earlier build to an environment."""
    old = build.origin
    return Origin(
        event,
        old.message,
        old.after,
        old.ref,
        old.source,
        old.target,
        trigger=login,
        sender=login,
        author=old.author,
        author_named_only=old.author_named_only,
        link=old.link,
        deploy_to=target,
        parent=build.number,
        params=params,
    )


def newest_commit(repo: Repo, branch: str) -> Build | None:
    """The newest build of a branch."""
    ref = f"refs/heads/{branch}"
    return next((build for build in reversed(repo.builds) if build.origin.ref == ref), None)


def newest_success(repo: Repo) -> Build | None:
    ref = f"refs/heads/{repo.project.default_branch}"
    good = (b for b in reversed(repo.builds) if b.status is Status.SUCCESS and b.origin.ref == ref)
    return next((build for build in good if build.origin.event in ("push", "custom")), None)


def commit_link(project: Project, after: str) -> str:
    return f"{company.SCM}/api/v1/repos/{project.namespace}/{project.name}/commits/{after}"


def _home(project: Project) -> str:
    return f"{company.SCM}/{project.namespace}/{project.name}"
