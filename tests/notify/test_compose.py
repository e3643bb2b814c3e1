"""What a message says, where it goes and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from buildwatch.model import Build
from buildwatch.notify.builtin import BUILTINS
from buildwatch.notify.compose import digest
from buildwatch.notify.context import with_links
from buildwatch.notify.hours import quiet_until
from buildwatch.notify.message import Doubt, Message
from buildwatch.notify.mrkdwn import code, cut
from buildwatch.notify.occasions import Occasion, occasion
from buildwatch.notify.past import Past
from buildwatch.notify.rulebook import Rulebook
from buildwatch.notify.settings import Quiet, Rule, Style
from tests.notify.some import NOW, book, build, end, rule, text, with_steps

LOG = ("+ go test ./...", "ok   a", "--- FAIL: TestHello (0.01s)", "    a_test.go:3: want 1", "FAIL", "exit status 1")


def page(of: Build, stage: int | None, step: int | None) -> str:
    place = f"/{stage}/{step}" if stage else ""
    return f"https://ci.example.com/{of.repo}/{of.number}{place}"


def ending(of: Build | None = None, *before: str, log: tuple[str, ...] = ()) -> Occasion:
    past = Past([end(n, word) for n, word in enumerate(before, 1)])
    found = occasion(of or build(), past, NOW)
    assert found is not None
    return replace(with_links(found, page), log=log)


def told(of: Rule, about: Occasion | None = None, now: float = NOW, **users: str) -> list[Message]:
    return Rulebook(book(of, users=users)).tell(about or ending(), now)


def attachments(message: Message) -> list[dict[str, str]]:
    found = message.body["attachments"]
    assert isinstance(found, list)
    return found


def builtin(name: str) -> dict[str, Any]:
    made = BUILTINS[name]
    return {"template": text(made.text), "details": text(made.details) if made.details else None}


def test_the_default_message_says_what_who_where_and_why() -> None:
    broken = ending(with_steps(build(), "success", "failure"), "success", log=LOG)
    (message,) = told(rule(excerpt=6, **builtin("default")), broken)
    assert message.body["text"] == (
        ":x: *broken* <https://ci.example.com/octocat/hello-world/7|octocat/hello-world#7> (main) by octocat after 1m0s"
    )
    details, shown = attachments(message)
    assert details["color"] == "danger"
    assert details["text"] == (
        "Say hello\n"
        "step <https://ci.example.com/octocat/hello-world/7/1/2|s2> ended with exit status 2\n"
        "before it: <https://ci.example.com/octocat/hello-world/1|octocat/hello-world#1> success"
    )
    assert shown["text"].startswith("```\n+ go test ./...\n")
    assert "--- FAIL: TestHello (0.01s)" in shown["text"]
    assert message.line == str(message.body["text"]).removesuffix(" after 1m0s")


def test_the_message_of_drone_slack_stands_beside_a_coloured_bar() -> None:
    green = ending(build(7, "success"))
    (message,) = told(rule(style=Style.ATTACHMENT, **builtin("drone")), green)
    said = "*success* <https://ci.example.com/octocat/hello-world/7|octocat/hello-world#7fd1a60b> (main) by octocat"
    assert message.body == {
        "attachments": [{"color": "good", "fallback": said, "text": said, "mrkdwn_in": ["text", "fallback"]}]
    }


def test_what_is_ours_is_in_the_context_under_its_own_names() -> None:
    source = (
        "{{build.address}}|{{build.duration}}|{{build.seconds}}|{{build.finished}}|{{#each build.steps}}{{name}} "
        "{{/each}}|{{step.failed.name}}|{{log.tail}}|{{build.previous.number}}|{{build.previous.status}}|{{change}}|"
        "{{failures}}|{{server}}|{{server.name}}|{{server.url}}|{{links.build}}|{{links.step}}"
    )
    about = ending(with_steps(build(), "success", "failure"), "failure", "failure", log=("a", "b"))
    (message,) = told(rule(source=source), about)
    assert str(message.body["text"]).split("|") == [
        *("octocat/hello-world#7", "1m0s", "60", "1700000761", "s1 s2 ", "s2", "a\nb", "2", "failure", "still failing"),
        *("3", "lab", "lab", "https://ci.example.com", "https://ci.example.com/octocat/hello-world/7"),
        "https://ci.example.com/octocat/hello-world/7/1/2",
    ]


HOSTILE = "<!channel> <@U012AB3CD> <https://evil.example.com|x> & <!subteam^S012AB3CD> | > ``` *x*"


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("name", list(BUILTINS))
def test_nobody_is_mentioned_by_what_comes_from_outside(name: str, style: Style) -> None:
    mean = changed(
        with_steps(build(7, "failure"), "failure"),
        **dict.fromkeys(("branch", "author", "message", "title", "error", "event", "deploy_to"), HOSTILE),
        repo="octo/<!here>",
    )
    mean = changed(mean, stages=(changed(mean.stages[0], name=HOSTILE, steps=mean.stages[0].steps),))  # type: ignore[index]  # it has one
    about = ending(mean, log=(HOSTILE,) * 3)
    for thread in (False, True):
        made = told(rule(style=style, excerpt=5, snippet=True, thread=thread, **builtin(name)), about)
        said = [str(message.body) + message.line for message in made] + [str(digest(made).body)]
        assert not [mark for mark in ("<!", "<@", "<https://evil") for one in said if mark in one]


def test_a_template_of_the_owner_may_mention_and_what_comes_from_outside_may_not_even_raw() -> None:
    about = ending(build(7, "failure", message="<!channel> <@U012AB3CD>", title=""))
    (message,) = told(rule(source="<!here> {{{build.message}}} {{build.message}}"), about)
    assert str(message.body["text"]).startswith("<!here> ")
    assert "<!channel>" not in str(message.body)
    assert "<@U" not in str(message.body)


def test_mentions_come_from_the_map_of_users_and_from_the_rule() -> None:
    of = rule(mentions=("author", "S012AB3CD", "here", "U1"), source="x")
    assert told(of, octocat="U012AB3CD")[0].body["text"] == "<@U012AB3CD> <!subteam^S012AB3CD> <!here> <@U1> x"
    by_name = ending(build(author="", author_name="The Octocat"))
    assert (
        Rulebook(book(of, users={"the octocat": "U2"})).tell(by_name, NOW)[0].body["text"]
        == "<@U2> <!subteam^S012AB3CD> <!here> <@U1> x"
    )
    assert told(rule(mentions=("author",), source="x"))[0].body["text"] == "x"


def test_a_template_that_prints_nothing_tells_nothing_and_one_that_fails_tells_it_plainly() -> None:
    assert told(rule(source="{{#success build.status}}green{{/success}}\n")) == []
    (message,) = told(rule(source='{{truncate build.commit "x"}}'))
    assert str(message.body["text"]).startswith(":x: *broken*")
    assert "The template of rule r fails: line 1, column" in str(message.body["attachments"])


def test_a_start_and_an_end_share_a_message_or_not_as_the_rule_says() -> None:
    running = build(7, "running")
    start = occasion(running, Past(), NOW)
    assert start is not None
    for update, same in ((True, True), (False, False)):
        of = rule(when="started every", update=update)
        assert (told(of, start)[0].slot == told(of)[0].slot) is same
    of = rule(when="started every", update=False, thread=True)
    assert told(of)[0].reply_to == told(of, start)[0].slot
    assert told(of, start)[0].reply_to == ""


def test_fixed_goes_into_the_thread_of_what_broke_and_the_excerpt_into_its_own() -> None:
    of = rule(thread=True, broadcast=True, excerpt=3)
    broke, shown = told(of, ending(with_steps(build(1), "failure"), log=LOG))
    assert (broke.reply_to, shown.reply_to) == ("", broke.slot)
    assert shown.slot != broke.slot
    assert str(shown.body["text"]).startswith("```\n")
    assert not shown.broadcast
    fixed, *rest = told(of, ending(build(3, "success"), "failure", "error"))
    assert (fixed.reply_to, fixed.broadcast, rest) == (broke.slot, True, [])
    assert told(of, ending(build(4, "success"), "failure", "success"))[0].reply_to == ""
    still, more = told(of, ending(with_steps(build(2), "failure"), "failure", log=LOG))
    assert still.reply_to == more.reply_to == broke.slot


def test_a_snippet_is_the_log_under_a_name_that_is_a_file_name() -> None:
    of = rule(snippet=True)
    about = ending(changed(with_steps(build(), "failure"), repo="octo/../../etc"), log=LOG)
    snippet = told(of, about)[0].snippet
    assert snippet is not None
    assert snippet.name == "octo-..-..-etc-7-s1.log"
    assert snippet.text == "\n".join(LOG)
    assert told(of, ending())[0].snippet is None


def test_a_digest_counts_what_it_tells() -> None:
    due = [told(rule("a"))[0], told(rule("b"), ending(build(2), "failure"))[0], told(rule("a"))[0]]
    assert str(digest(due).body["text"]).startswith("*3 messages*: 2 broken, 1 still failing\n:x: *broken*")


def test_nothing_waits_but_what_was_asked_to() -> None:
    (message,) = told(rule())
    assert (message.group, message.hold_until, message.doubt) == ("", 0.0, Doubt.AGAIN)
    (message,) = told(rule(group=30.0, doubt=Doubt.NEVER))
    assert (message.hold_until, message.doubt) == (NOW + 30, Doubt.NEVER)
    assert message.group == told(rule(group=30.0), ending(build(9)))[0].group
    assert message.group != told(rule("other", group=30.0))[0].group


def test_what_is_older_than_max_age_is_gathered() -> None:
    age = build().finished + 86_400.0
    (message,) = told(rule(), now=age + 1)
    assert message.group.startswith("late|")
    assert message.hold_until == age + 11
    assert told(rule(), now=age - 1)[0].group == ""


def test_in_quiet_hours_a_rule_holds_back_and_the_excerpt_stays_with_its_message() -> None:
    quiet = Quiet(time(22), time(7), ZoneInfo("Europe/Berlin"))
    night = datetime(2026, 1, 15, 2, tzinfo=UTC).timestamp()
    about = replace(ending(with_steps(build(), "failure"), log=LOG), at=night)
    (message,) = told(rule(quiet=quiet, thread=True, excerpt=3, group=5.0), about, now=night)
    assert message.hold_until == datetime(2026, 1, 15, 6, tzinfo=UTC).timestamp()
    assert message.group.startswith("quiet|")
    assert "```" in str(message.body["attachments"])
    assert message.reply_to == ""


BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = Quiet(time(20), time(6), BERLIN, frozenset({0, 1, 2, 3, 4}), frozenset({5, 6}))


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (Quiet(time(22), time(7), BERLIN), "2026-03-28T21:30+01:00", ""),
        (
            Quiet(time(22), time(7), BERLIN),
            "2026-03-28T22:00+01:00",
            "2026-03-29T07:00+02:00",
        ),  # the clock goes forward
        (Quiet(time(22), time(7), BERLIN), "2026-10-25T02:30+01:00", "2026-10-25T07:00+01:00"),  # the hour told twice
        (Quiet(time(22), time(7), BERLIN), "2026-03-29T07:00+02:00", ""),
        (Quiet(time(12), time(13), BERLIN), "2026-06-01T12:59+02:00", "2026-06-01T13:00+02:00"),
        (Quiet(time(12), time(13), BERLIN, frozenset({1})), "2026-06-01T12:30+02:00", ""),
        (WEEKEND, "2026-06-05T21:00+02:00", "2026-06-08T00:00+02:00"),  # Friday evening
        (WEEKEND, "2026-06-07T23:59+02:00", "2026-06-08T00:00+02:00"),
        (WEEKEND, "2026-06-08T00:00+02:00", ""),
    ],
)
def test_until_when_it_is_quiet(quiet: Quiet, now: str, until: str) -> None:
    expected = datetime.fromisoformat(until).timestamp() if until else 0.0
    assert quiet_until(quiet, datetime.fromisoformat(now).timestamp()) == expected


@given(
    st.builds(
        Quiet,
        st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]),
        st.frozensets(st.integers(0, 5)),
        st.frozensets(st.integers(0, 4)),
    ),
    st.integers(1_700_000_000, 1_800_000_000),
)
def test_when_the_quiet_ends_it_is_quiet_no_more(quiet: Quiet, now: int) -> None:
    until = quiet_until(quiet, now)
    assert until == 0 or now < until < now + 8 * 86400
    assert not until or quiet_until(quiet, until) == 0


def test_a_digest_tells_each_in_a_line_as_far_as_they_fit_and_mentions_each_once() -> None:
    of = rule("main", group=30.0, mentions=("S012AB3CD",), username="ci")
    due = [told(of, replace(ending(build(number)), at=NOW - number))[0] for number in range(1, 301)]
    one = digest(due)
    lines = str(one.body["text"]).split("\n")
    assert lines[0] == "<!subteam^S012AB3CD> *300 messages* of main: 300 broken"
    assert "#300>" in lines[1]
    shown = len(lines) - 2
    assert lines[-1] == f"… and {300 - shown} more"
    assert 40 < shown < 300
    assert len(str(one.body["text"])) <= 12_000
    assert one.body["username"] == "ci"
    assert (one.group, one.hold_until, one.destination) == ("", 0.0, "channel:C0BUILDS")
    assert digest(list(reversed(due))).key == one.key
    assert digest(due[1:]).key != one.key


@given(st.text(max_size=300), st.integers(40, 120))
def test_code_stays_in_its_fence_and_within_its_limit(inner: str, limit: int) -> None:
    fenced = code(inner, limit)
    assert len(fenced) <= limit
    assert fenced.startswith("```\n")
    assert fenced.endswith("\n```")
    assert "```" not in fenced[3:-3]
    assert "<" not in fenced


def test_only_a_rule_about_what_is_slow_calls_an_end_slow_and_a_start_has_no_length() -> None:
    slow = ending(build(7, "success", finished=build(7).started + 600), "success", "success", "success")
    source = "{{build.status}} {{change}} {{build.duration}}"
    assert told(rule(source=source), slow)[0].body["text"] == "success  10m0s"
    assert told(rule(source=source, when="slow"), slow)[0].body["text"] == "success slow 10m0s"
    start = occasion(build(7, "running"), Past(), NOW)
    assert told(rule(source=source, when="started"), start)[0].body["text"] == "running started"


def test_quotes_are_sent_as_quotes() -> None:
    about = ending(build(7, message='it\'s "<b>" & &apos;', title=""))
    (message,) = told(rule(source="{{build.message}}"), about)
    assert message.body["text"] == 'it\'s "&lt;b&gt;" &amp; &amp;apos;'


def test_a_long_text_is_cut_with_a_note_and_its_code_closed() -> None:
    about = ending(build(7, message="<x> " * 20_000, title=""))
    (message,) = told(rule(source="```{{build.message}}```"), about)
    said = str(message.body["text"])
    assert len(said) <= 40_000
    assert said.endswith("\n```… (cut)")


@given(st.text(alphabet="ab&lt;<>|` ", max_size=200), st.integers(20, 120))
def test_a_cut_text_says_so_and_leaves_no_open_link(whole: str, limit: int) -> None:
    kept = cut(whole, limit)
    assert len(kept) <= limit
    assert kept == whole or kept.endswith("… (cut)")
    if kept != whole:
        assert kept.rfind("<") <= kept.rfind(">")
        assert kept.count("```") % 2 == 0
