"""Which rules match, and one message a rule and end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.notify.matching import Matcher, globs
from buildwatch.notify.occasions import Occasion, build_of, occasion, overdue, retold
from buildwatch.notify.past import Past
from buildwatch.notify.rulebook import Rulebook, Wants
from buildwatch.notify.settings import Kind, Rule, Silence
from tests.notify.some import ANY, NOW, book, build, end, rule, text

ENDS = ("success", "failure", "error", "killed", "skipped", "declined")


def failed(*before: str, number: int = 7) -> Occasion:
    past = Past([end(n, word) for n, word in enumerate(before, 1)])
    found = occasion(build(number, "failure"), past, NOW)
    assert found is not None
    return found


def why(*rules: Rule, silences: tuple[Silence, ...] = ()) -> dict[str, str]:
    verdicts = Rulebook(book(*rules, silences=silences)).verdicts(failed(), NOW)
    return {one.rule.name: one.why_not or one.held or " ".join(sorted(one.matched)) for one in verdicts}


def test_all_matching_rules_apply_and_each_of_the_others_says_why_not() -> None:
    assert why(
        rule("a", "failure broken success"),
        rule("b", "success fixed"),
        rule("c", "every", matcher=Matcher({"repo": globs(("acme/*",))})),
        rule("d", "every"),
    ) == {
        "a": "broken failure",
        "b": "it is broken and failure, not fixed or success",
        "c": 'repo is "octocat/hello-world", not acme/*',
        "d": "every",
    }


def test_a_rule_that_says_stop_is_the_last_only_where_it_matches() -> None:
    assert why(rule("a", "success", stop=True), rule("b", stop=True), rule("c")) == {
        "a": "it is broken and failure, not success",
        "b": "every",
        "c": 'rule "b" matches and says stop',
    }


def test_a_silence_holds_for_what_it_matches_until_it_ends() -> None:
    repo = Matcher({"repo": globs(("octocat/*",))})
    silence = Silence(repo, "being rebuilt", NOW + 1)
    assert why(rule("a"), rule("b", "success"), silences=(silence,)) == {
        "a": "it is silenced until 2023-11-14 22:30 UTC: being rebuilt",
        "b": "it is broken and failure, not success",
    }
    others = Matcher({"repo": globs(("acme/*",))})
    for other in (
        replace(silence, end=NOW),
        replace(silence, begin=NOW + 0.5),
        replace(silence, rules=("b",)),
        replace(silence, matcher=others),
    ):
        assert why(rule("a"), silences=(other,)) == {"a": "every"}
    assert Rulebook(book(rule("a"), silences=(silence,))).tell(failed(), NOW) == []


def test_flapping_is_told_once_as_such_and_holds_back_only_what_speaks_of_turns() -> None:
    words = ("success", "failure", "success", "failure", "success", "failure")
    rules = (
        rule("turns", "broken fixed", flapping=4),
        rule("ends", "failure success", flapping=4),
        rule("off", "broken"),
    )
    told = defaultdict(list)
    past = Past()
    for number, word in enumerate(words, 1):
        found = occasion(build(number, word), past, NOW)
        assert found is not None
        for message in Rulebook(book(*rules)).tell(found, NOW):
            told[message.rule].append(str(message.body["text"]).removeprefix("octocat/hello-world"))
        past = past.adding(found.end)
    assert told["turns"] == ["#2 broken", "#3 fixed", "#4 broken", "#5 flapping"]
    assert len(told["ends"]) == 6
    assert told["off"] == ["#2 broken", "#4 broken", "#6 broken"]


def test_what_is_to_be_read_is_what_matching_rules_want() -> None:
    for wanted, expected in (
        (rule(), Wants()),
        (rule(excerpt=5), Wants(True, True)),
        (rule(snippet=True), Wants(True, True)),
        (rule(source="{{log.tail}}"), Wants(True, True)),
        (rule(source="{{step.failed.name}}"), Wants(True, False)),
        (rule(details=text("{{#each build.steps}}{{name}}{{/each}}")), Wants(True, False)),
        (rule(when="success", excerpt=5), Wants()),
        (rule(source="{{catalog}} {{prologue}}"), Wants()),
    ):
        assert Rulebook(book(wanted)).wants(failed(), NOW) == expected
    green = occasion(build(7, "success"), Past(), NOW)
    assert green is not None
    assert Rulebook(book(rule(excerpt=5))).wants(green, NOW) == Wants()


def test_time_is_looked_at_only_where_a_rule_asks() -> None:
    elsewhere = Matcher({"repo": globs(("acme/*",))})
    assert Rulebook(book(rule("a"), rule("b", "stuck"))).wants_time(build(7, "running"))
    assert not Rulebook(book(rule("a"), rule("b", "slow", matcher=elsewhere))).wants_time(build(7, "running"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (rule(when="success failure", source="{{build.status}}"), False),
        (rule(when="success broken", source="{{build.status}}"), True),
        (rule(when="slow", source="{{build.status}}"), True),
        (rule(source="{{#if change}}{{/if}}"), True),
        (rule(source="{{build.previous.number}}"), True),
        (rule(source="x", thread=True), True),
        (rule(source="x", flapping=3), True),
        (rule(source="x", details=text("{{failures}}")), True),
        (rule(when="broken", matcher=Matcher({"repo": globs(("acme/*",))})), False),
    ],
)
def test_the_past_is_asked_for_only_where_a_rule_goes_by_it(wanted: Rule, expected: bool) -> None:
    assert Rulebook(book(wanted)).wants_past(build()) is expected


def test_another_end_of_the_same_run_goes_into_the_same_slot_under_another_key() -> None:
    rules = Rulebook(book(rule("a"), rule("b", "failure", update=False)))
    killed = occasion(build(7, "killed"), Past(), NOW)
    assert killed is not None
    flipped = occasion(build(7, "failure"), Past([killed.end]), NOW, "killed")
    assert flipped is not None
    (first,) = rules.tell(killed, NOW)
    again, other = rules.tell(flipped, NOW)
    assert first.slot == again.slot
    assert first.key != again.key
    assert other.slot != again.slot


def test_an_end_that_has_become_another_by_one_before_it_updates_only_what_is_other() -> None:
    rules = Rulebook(
        book(rule("change", "every"), rule("plain", "every", source="{{build.address}}"), rule("b", "broken"))
    )
    late = occasion(build(7, "failure"), Past([end(5, "failure")]), NOW)
    assert late is not None
    said = {message.rule: message for message in rules.tell(late, NOW)}
    assert set(said) == {"change", "plain"}
    before = occasion(build(6, "success"), Past([end(5, "failure"), late.end]), NOW)
    assert before is not None
    (now,) = retold(before, NOW, build_of)
    again = {message.rule: message for message in rules.tell(now, NOW)}
    assert set(again) == {"change", "b"}
    assert again["change"].slot == said["change"].slot
    assert again["change"].key != said["change"].key
    assert again["change"].body["text"] == "octocat/hello-world#7 broken"


kinds = st.frozensets(st.sampled_from(list(Kind)), min_size=1)


@given(
    st.lists(st.tuples(kinds, st.booleans()), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(("running", "blocked", "overdue", *ENDS))), max_size=16),
)
def test_one_rule_makes_one_message_of_one_end(
    asked: list[tuple[frozenset[Kind], bool]], moves: list[tuple[int, str]]
) -> None:
    """However many of its words hold, whatever comes twice, late or instead of another end."""
    rules = [
        rule(f"r{index}", " ".join(when), update=update, destination="channel:C1" if update else "webhook:w")
        for index, (when, update) in enumerate(asked)
    ]
    rulebook = Rulebook(book(*rules))
    past, keys, last = Past(), set(), dict[int, str]()
    slots: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for number, word in moves:
        if word == "overdue":
            heard = list(overdue(build(number, "running"), past, NOW + 10_000, NOW, 60))
        else:
            found = occasion(build(number, word), past, NOW, last.get(number, ""))
            heard = [found] if found else []
        for one in [*heard, *(later for first in heard for later in retold(first, NOW, build_of))]:
            made = rulebook.tell(one, NOW)
            assert len({message.rule for message in made}) == len(made)
            for message in made:
                if message.key in keys:
                    continue
                keys.add(message.key)
                assert message.rule in {
                    rule.name for rule in rules if rule.when & one.kinds and not rule.matcher.why_not(one.build)
                }
                if one.ended:
                    slots[message.rule, one.build.id].add(message.slot)
                assert one.kinds & next(rule.when for rule in rules if rule.name == message.rule)
            if one.ended:
                past = past.adding(one.end)
                last[one.build.number] = one.build.status
    assert all(len(of) == 1 for of in slots.values())


def test_what_matches_nothing_in_particular_matches_everything() -> None:
    assert ANY.why_not(build()) == ""
