"""An invented company: its repos, its people, what they work on and how they put it."""

from __future__ import annotations

from itertools import cycle
from random import Random
from typing import Any

from buildwatch.demo.pipelines import BY_LANGUAGE
from buildwatch.demo.state import Person
from buildwatch.demo.templates import Project

DOMAIN = "acme.example"
SCM = f"https://git.{DOMAIN}"


def _person(login: str, name: str) -> Person:
    return Person(login, name, f"{login}@{DOMAIN}")


ADMIN = _person("dana", "Dana Whitfield")
MEMBER = _person("sam", "Sam Okafor")
PEOPLE = (
    ADMIN,
    MEMBER,
    _person("mlindqvist", "Maja Lindqvist"),
    _person("rpatel", "Rohan Patel"),
    _person("jferreira", "João Ferreira"),
    _person("aturner", "Alice Turner"),
    _person("tnakamura", "Taro Nakamura"),
    _person("ekowalska", "Ewa Kowalska"),
    _person("bmueller", "Björn Müller"),
    _person("cdubois", "Camille Dubois"),
    _person("yhassan", "Yara Hassan"),
    _person("renovate", "renovate[bot]"),
)


def project(slug: str, language: str, **how: Any) -> Project:
    namespace, name = slug.split("/")
    return Project(namespace, name, language, BY_LANGUAGE[language], **how)


_BOTH = ("staging", "production")
PROJECTS = (
    project("acme/storefront", "node", weight=5, auto_cancel=True, targets=_BOTH, scene="half done"),
    project("acme/checkout-api", "go", weight=4, slows=0.9, targets=("staging", "production")),
    project("acme/search", "rust", crons=("nightly",), scene="long"),
    project("acme/pricing", "python", weight=3, targets=("production",)),
    project("acme/billing", "java", private=True, fails=0.2, targets=("staging", "production")),
    project("platform/gateway", "go", weight=3, fails=0.08, targets=("canary", "production"), scene="begun"),
    project("platform/infra", "terraform", private=True, protected=True, fails=0.1, crons=("drift",), scene="blocked"),
    project("platform/base-images", "images", weight=1, crons=("weekly",), scene="stuck"),
    project("platform/auth", "java", private=True, targets=("staging", "production")),
    project("platform/observability", "helm", weight=1, fails=0.18),
    project("mobile/app", "mobile", weight=3, fails=0.15, default_branch="develop"),
    project("mobile/push-service", "python", fails=0.04, flaky=0.25, targets=("production",)),
)

_AREAS = ("ledger", "catalog", "media", "identity", "routing", "reports", "quota", "mail", "audit", "sync")
_PARTS = ("api", "worker", "web", "agent", "proxy", "client", "jobs", "store", "cli", "export")
_SPREAD = ("go", "python", "node", "java", "rust", "go", "python", "helm", "go", "images")

_TOPICS = (
    "cart totals", "retry policy", "session refresh", "rate limits", "price rounding", "image cache",
    "audit trail", "search ranking", "address form", "webhook signatures", "feature flags", "pagination",
    "error pages", "timezones", "connection pool", "login redirect", "stock levels", "health checks",
)  # fmt: skip
_SUBJECTS = (
    "fix: {topic} when the backend is slow",
    "feat: {topic} for guest users",
    "Refactor {topic}",
    "fix({area}): do not lose {topic} on restart",
    "Add tests for {topic}",
    "chore: bump dependencies",
    "perf: cache {topic}",
    "Revert \"feat: {topic} for guest users\"",
    "docs: explain {topic}",
    "feat({area}): configurable {topic}",
)  # fmt: skip
_BODIES = (
    "",
    "",
    "",
    "\n\nThe old code waited for the first answer and dropped the second.\nSee the incident of last week.",
    "\n\nCloses #{number}",
    "\n\n- keeps the old behaviour behind a flag\n- measured: p99 down from 480 ms to 210 ms\n",
    "\n\nCo-authored-by: Ewa Kowalska <ekowalska@acme.example>",
)


def projects(count: int | None = None, known: tuple[Project, ...] = PROJECTS) -> list[Project]:
    """The first of the known repos, then as many more as asked for; without a count the known ones."""
    count = len(known) if count is None else count
    more = []
    languages = cycle(_SPREAD)
    for index in range(max(0, count - len(known))):
        area = _AREAS[index % len(_AREAS)]
        round_, part = divmod(index // len(_AREAS), len(_PARTS))
        suffix = f"-{round_ + 1}" if round_ else ""
        slug = f"{area}{suffix}/{area}-{_PARTS[part]}"
        language = next(languages)
        targets = () if language in ("rust", "images") else ("production",)
        more.append(project(slug, language, private=index % 7 == 3, weight=1, targets=targets))
    return [*known[:count], *more]


def members(project: Project) -> dict[str, str]:
    """Who may do what: the member writes in `acme`, reads what is public, and sees one private repo."""
    rights = {ADMIN.login: "admin"}
    if project.namespace == "acme":
        rights[MEMBER.login] = "write"
    elif not project.private:
        rights[MEMBER.login] = "read"
    return rights


def author(rng: Random) -> Person:
    return rng.choice(PEOPLE)


def message(rng: Random) -> str:
    text = rng.choice(_SUBJECTS) + rng.choice(_BODIES)
    return text.format(topic=rng.choice(_TOPICS), area=rng.choice(_AREAS), number=rng.randint(120, 980))


def branch(rng: Random) -> str:
    kind = rng.choice(("feature", "fix", "chore", "spike"))
    return f"{kind}/{rng.choice(_TOPICS).replace(' ', '-')}"


def commit(rng: Random) -> str:
    return f"{rng.getrandbits(160):040x}"
