"""What is kept for the next start: it comes back whole for its owner, and for nobody else and never broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch import kept
from buildwatch.kept import FORMAT, SALT, Kept, Owner, file_name, seal, unseal
from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step

OWNER = Owner("ci.acme", "https://ci.acme.example", "t0k3n-of-dana")
SALTED = bytes(range(SALT))
BEGIN = 1_795_420_000

WORDS = st.text(st.characters(exclude_categories=["C"], exclude_characters="@\n"), max_size=12)
STATUSES = st.sampled_from(["success", "failure", "running", "pending", "blocked", "a-newer-word"]).map(Status)
STEPS = st.builds(
    Step, st.integers(1, 9), WORDS, STATUSES, st.integers(0, BEGIN), error=WORDS, version=st.integers(0, 9)
)
STAGES = st.builds(Stage, st.integers(1, 9), WORDS, STATUSES, error=WORDS, steps=st.lists(STEPS, max_size=3).map(tuple))
BUILDS = st.builds(
    Build,
    st.just("ci.acme"),
    st.sampled_from(["acme/api", "acme/web"]),
    st.integers(1, 10**6),
    st.integers(1, 999),
    STATUSES,
    branch=WORDS,
    title=WORDS,
    author=WORDS,
    started=st.integers(0, BEGIN),
    run=st.integers(0, 3),
    stages=st.none() | st.lists(STAGES, max_size=3).map(tuple),
)
REPOS = [Repo("ci.acme", "acme/api", 1, "main"), Repo("ci.acme", "acme/web", 2, private=True)]


def sealed(builds: list[Build], owner: Owner = OWNER) -> bytes:
    by_repo = {repo.key: [build for build in builds if build.repo_key == repo.key] for repo in REPOS}
    return seal(BEGIN + 0.5, "dana", REPOS, by_repo, owner, SALTED)


@given(st.lists(BUILDS, max_size=3))
def test_it_comes_back_whole(builds: list[Build]) -> None:
    back = unseal(sealed(builds), OWNER)
    assert back == Kept(BEGIN + 0.5, "dana", tuple(REPOS), tuple(sorted(builds, key=lambda one: one.repo)))
    assert all(type(one.status) is Status for one in back.builds)


@given(st.data())
def test_nothing_broken_is_read(data: st.DataObject) -> None:
    whole = sealed([Build("ci.acme", "acme/api", 7, 7)])
    at = data.draw(st.integers(0, len(whole) - 1))
    wrong = bytearray(whole)
    wrong[at] ^= data.draw(st.integers(1, 255))
    assert unseal(bytes(wrong), OWNER) is None
    assert unseal(whole[:at], OWNER) is None
    assert unseal(whole + b" ", OWNER) is None


@given(st.binary(max_size=200))
def test_nothing_else_is_read(data: bytes) -> None:
    assert unseal(data, OWNER) is None
    assert unseal(FORMAT + data, OWNER) is None


def test_nobody_else_reads_it() -> None:
    data = sealed([])
    for other in (
        OWNER._replace(token="t0k3n-of-eve"),
        OWNER._replace(url="https://ci.other.example"),
        OWNER._replace(name="ci"),
        Owner("ci.acme", "https://ci.acme.exampl", "e\0t0k3n-of-dana"),
    ):
        assert unseal(data, other) is None
    assert unseal(data, OWNER) == Kept(BEGIN + 0.5, "dana", tuple(REPOS), ())


def test_what_has_another_meaning_now_is_not_read() -> None:
    foreign = seal(0.0, "", [], {}, OWNER, SALTED).replace(b'"repos":[]', b'"repos":{}')
    assert unseal(foreign, OWNER) is None
    content = b'{"at":1,"user":"dana","repos":[{"server":1}],"builds":[]}'
    assert unseal(FORMAT + SALTED + kept._hash(content, OWNER, SALTED) + content, OWNER) is None


def test_no_secret_is_kept() -> None:
    step = Step(1, "clone", error="fatal: https://dana:hunter2@git.example/x.git")
    build = Build(
        "ci.acme",
        "acme/api",
        7,
        7,
        link="https://dana:hunter2@git.example/a?b=c@d",
        message="see ftp://u:hunter2@files.example\nAPI_KEY=hunter2",
        error="https://:hunter2@x",
        params=(("PASSWORD", "hunter2"),),
        stages=(Stage(1, "default", error="http://hunter2@y", steps=(step,)),),
    )
    repos = [replace(REPOS[0], link="https://hunter2@git.example/acme/api")]
    data = seal(0.0, "dana", repos, {repos[0].key: [build]}, OWNER, SALTED)
    back = unseal(data, OWNER)
    assert b"hunter2" not in data
    assert OWNER.token.encode() not in data
    assert back is not None
    assert back.builds[0].link == "https://git.example/a?b=c@d"
    assert back.builds[0].message == "see ftp://files.example"


def test_it_has_bounds() -> None:
    repos = [Repo("ci.acme", f"acme/r{number}") for number in range(300)]
    steps = tuple(Step(number, f"step {number}", image="x" * 60) for number in range(10))
    stages = (Stage(1, "default", steps=steps),)
    builds: dict[RepoKey, list[Build]] = {}
    for repo in repos:
        builds[repo.key] = [
            Build("ci.acme", repo.slug, number, number, author_name="y" * 1200, stages=stages)
            for number in range(100, 60, -1)
        ]
    data = seal(0.0, "dana", repos, builds, OWNER, SALTED)
    back = unseal(data, OWNER)
    assert back is not None
    assert len(data) <= kept.LARGEST
    assert {one.number for one in back.builds} == set(range(100, 88, -1))  # the strip's, where 25 have no room
    assert {one.number for one in back.builds if one.stages} == {100}
    vast = [Repo("ci.acme", f"acme/{number}{'z' * 900}") for number in range(10_000)]
    assert seal(0.0, "dana", vast, {repo.key: [] for repo in vast}, OWNER, SALTED) == b""


def test_a_file_is_named_after_nothing_that_a_path_could_be_made_of() -> None:
    names = {file_name(*of) for of in (("a", "b"), ("ab", ""), ("", "ab"), ("../../x", "https://y"), ("é\n", "z"))}
    assert len(names) == 5
    assert all(len(name) == 24 and name.isalnum() for name in names)
