"""The words of the project."""

import pytest

from buildwatch.model import Build, BuildKey, Repo, RepoKey, Stage, Status, Step

ENDED = ("success", "failure", "error", "killed", "skipped", "declined")
OPEN = ("waiting", "blocked", "pending", "running")


@pytest.mark.parametrize("word", ENDED)
def test_an_end_is_told_by_the_word_alone(word: str) -> None:
    status = Status(word)
    assert status.ended
    assert status.known
    assert status.rank == 2
    assert status.failed is (word in ("failure", "error", "killed"))


@pytest.mark.parametrize("word", OPEN)
def test_what_has_not_ended(word: str) -> None:
    status = Status(word)
    assert not status.ended
    assert not status.failed
    assert status.known
    assert status.rank == (word == "running")


@pytest.mark.parametrize("word", ["warming_up", "", "SUCCESS", "success "])
def test_a_word_of_a_newer_server_counts_as_unfinished(word: str) -> None:
    status = Status(word)
    assert (status.ended, status.failed, status.known, status.rank) == (False, False, False, 1)
    assert status == word


def test_keys_and_addresses() -> None:
    build = Build("s", "group/sub/name", 7, 3)
    assert build.key == BuildKey("s", 7)
    assert build.repo_key == RepoKey("s", "group/sub/name")
    assert build.address == "group/sub/name#3"


@pytest.mark.parametrize(
    ("slug", "namespace", "name"), [("a/b", "a", "b"), ("a/b/c", "a/b", "c"), ("lone", "", "lone")]
)
def test_a_repo_is_named_by_its_owner_and_its_name(slug: str, namespace: str, name: str) -> None:
    repo = Repo("s", slug)
    assert (repo.namespace, repo.name, repo.key) == (namespace, name, RepoKey("s", slug))


def test_stages_and_steps_are_found_by_their_numbers() -> None:
    step = Step(2, "test")
    stage = Stage(4, "unit", steps=(Step(1, "clone"), step))
    build = Build("s", "a/b", 1, 1, stages=(Stage(1, "lint"), stage))
    assert build.stage(4) is stage
    assert build.stage(2) is None
    assert stage.step(2) is step
    assert stage.step(3) is None
    assert Build("s", "a/b", 1, 1).stage(1) is None


def test_nothing_of_it_changes() -> None:
    with pytest.raises(AttributeError):
        Build("s", "a/b", 1, 1).number = 2  # type: ignore[misc]
