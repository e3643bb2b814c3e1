"""Which stage and step of one build is which of another."""

from __future__ import annotations

from hypothesis import given

from buildwatch.insight.pairs import paired
from buildwatch.model import Build, Stage, Step
from tests.insight.test_waterfall import builds


def build(*stages: Stage) -> Build:
    return Build("ci", "acme/gcd", 9, 9, stages=stages)


def stage(name: str, *steps: str | tuple[str, str]) -> Stage:
    """Steps by their names, or by name and image."""
    made = [Step(n, *([of] if isinstance(of, str) else of[:1])) for n, of in enumerate(steps, 1)]
    images = ["" if isinstance(of, str) else of[1] for of in steps]
    return Stage(
        1, name, steps=tuple(Step(one.number, one.name, image=image) for one, image in zip(made, images, strict=True))
    )


def pairs(that: Build, this: Build) -> list[str]:
    """Each pair as `stage` or `stage/step`, with what it was called before where that differs; `-` is nothing."""
    told = []
    for one in paired(that, this):
        told.append(_told(one.that, one.this))
        told += [f"{_told(one.that, one.this)}/{_told(*step)}" for step in one.steps]
    return told


def _told(that: Stage | Step | None, this: Stage | Step | None) -> str:
    before, after = (of.name if of else "-" for of in (that, this))
    return before if before == after else f"{before}>{after}"


def test_the_same_name_is_the_same_thing_wherever_it_stands() -> None:
    that = build(stage("check", "clone", "vet"), stage("unit", "clone", "go test"))
    this = build(stage("unit", "go test", "clone"), stage("check", "clone", "vet"))
    assert pairs(that, this) == ["unit", "unit/go test", "unit/clone", "check", "check/clone", "check/vet"]


def test_what_is_gone_follows_what_it_followed() -> None:
    that = build(stage("a", "one", "two", "three"), stage("b", "x"), stage("c", "y"))
    this = build(stage("a", "one", "new", "three"), stage("c", "y"))
    assert pairs(that, this) == [
        "a",
        "a/one",
        "a/two>-",
        "a/->new",
        "a/three",
        "b>-",
        "b>-/x>-",
        "c",
        "c/y",
    ]


def test_of_several_with_one_name_the_first_is_the_first() -> None:
    that = build(stage("a", "test", "test", "test"))
    assert pairs(that, build(stage("a", "test", "test"))) == ["a", "a/test", "a/test", "a/test>-"]
    twice = build(stage("a", "x"), stage("a", "y"))
    assert pairs(twice, twice) == ["a", "a/x", "a", "a/y"]


def test_a_matrix_with_other_versions_keeps_its_stages() -> None:
    steps = ("clone", "build", "test")
    that = build(stage("go-1.20", *steps), stage("go-1.21", *steps), stage("lint", "clone", "vet"))
    this = build(stage("go-1.21", *steps), stage("go-1.22", *steps), stage("docs", "mkdocs"))
    heads = [name for name in pairs(that, this) if "/" not in name]
    assert heads == ["go-1.21", "lint>-", "go-1.20>go-1.22", "->docs"]


def test_a_lone_pipeline_may_be_called_otherwise() -> None:
    assert pairs(build(stage("default", "a")), build(stage("main", "b"))) == [
        "default>main",
        "default>main/a>-",
        "default>main/->b",
    ]


def test_a_step_with_another_name_at_the_same_place_is_the_same_if_it_is_like_it() -> None:
    that = build(stage("a", "clone", "unit tests", ("x", "golang:1.22"), "push"))
    this = build(stage("a", "clone", "unit-tests", ("compile", "golang:1.22"), "push"))
    assert pairs(that, this)[1:] == ["a/clone", "a/unit tests>unit-tests", "a/->compile", "a/x>-", "a/push"] or pairs(
        that, this
    )[1:] == ["a/clone", "a/unit tests>unit-tests", "a/x>-", "a/->compile", "a/push"]
    alone = build(stage("a", "clone", ("x", "golang:1.22"), "push"))
    other = build(stage("a", "clone", ("compile", "golang:1.22"), "push"))
    assert pairs(alone, other)[1:] == ["a/clone", "a/x>compile", "a/push"]
    moved = build(stage("a", ("compile", "golang:1.22"), "clone", "push"))
    assert pairs(alone, moved)[1:] == ["a/->compile", "a/clone", "a/x>-", "a/push"]


def test_a_thousand_stages_with_other_names_are_no_matter() -> None:
    that = build(*(stage(f"old {n}", "x") for n in range(1000)))
    this = build(*(stage(f"new {n}", "x") for n in range(1000)))
    assert len(paired(that, this)) == 2000


@given(builds, builds)
def test_each_stage_and_step_is_in_one_pair(that: Build, this: Build) -> None:
    found = paired(that, this)
    assert [pair.this for pair in found if pair.this is not None] == list(this.stages or ())
    assert sorted(map(id, (pair.that for pair in found if pair.that is not None))) == sorted(map(id, that.stages or ()))
    for pair in found:
        assert [step.this for step in pair.steps if step.this is not None] == list(pair.this.steps if pair.this else ())
        olds = [step.that for step in pair.steps if step.that is not None]
        assert sorted(map(id, olds)) == sorted(map(id, pair.that.steps if pair.that else ()))


@given(builds)
def test_a_build_is_its_own_pair(of: Build) -> None:
    assert all(pair.that is pair.this for pair in paired(of, of))
    assert all(step.that is step.this for pair in paired(of, of) for step in pair.steps)


@given(builds, builds)
def test_what_has_the_same_name_in_both_is_never_new_and_gone(that: Build, this: Build) -> None:
    pairs = paired(that, this)
    new = {pair.this.name for pair in pairs if pair.that is None and pair.this is not None}
    gone = {pair.that.name for pair in pairs if pair.this is None and pair.that is not None}
    assert not new & gone
