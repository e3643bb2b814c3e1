"""Templates against what the original really rendered: the corpus, and what a generator made."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwatch.notify.templates import LARGEST, Template, TemplateError, drone_context
from buildwatch.notify.templates.helpers.calls import HELPERS

DATA = Path(__file__).parents[1] / "data" / "templates"
NOW = 1257894000.0
CORPUS: dict[str, Any] = json.loads((DATA / "corpus.json").read_text())
FUNCTIONS: dict[str, Any] = json.loads((DATA / "functions.json").read_text())
GENERATED: dict[str, Any] = json.loads((DATA / "generated.json").read_text())
SAMPLE: dict[str, dict[str, Any]] = {
    "repo": {"owner": "acme", "name": "web"},
    "build": {"number": 42, "status": "failure", "branch": "main"},
}


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def rendered(template: str, kind: str, context: Any) -> str | TemplateError:
    try:
        text = Template(template).render(drone_context(context) if kind == "plugin" else context, now=NOW)
    except TemplateError as error:
        return error
    return text.strip(" \n") if kind == "plugin" else text


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: case[0])
def test_the_corpus(case: list[Any]) -> None:
    name, kind, context, template, expected, error = case
    result = rendered(template, kind, CORPUS["contexts"][context])
    if name == "04-sprig/env":
        assert result == "[]"  # never the environment
    elif expected is not None:
        assert result == expected
    elif error == "parse":
        assert isinstance(result, TemplateError)


def test_what_a_generator_made_is_rendered_as_the_original_renders_it() -> None:
    """Templates by chance, with errors in them, and what drone-template-lib v1.0.0 said to each; None is an error."""
    wrong = [
        (template, expected)
        for template, expected in GENERATED["cases"]
        if (result := rendered(template, "map", GENERATED["context"])) != expected
        and not (expected is None and isinstance(result, TemplateError))
    ]
    assert wrong == []


def test_each_function_gives_what_the_original_gives() -> None:
    """All of them with arguments by chance, of dates, zones, floats, bytes, patterns …; None is no template."""
    wrong = []
    for context, template, expected in FUNCTIONS["cases"]:
        result = rendered(template, *FUNCTIONS["contexts"][context])
        if result != expected and not (expected is None and isinstance(result, TemplateError)):
            wrong.append((template, expected, result))
    assert wrong == []


@pytest.mark.parametrize(
    ("template", "line", "column", "words"),
    [
        ("one\ntwo {{build.number", 2, 5, "never closed"),
        ("a {{#if x}}\n{{#each y}}\n{{/if}}", 3, 1, "if is closed here, but each was opened"),
        ("{{#if x}}\n  yes\n", 1, 1, "the block if is never closed"),
        ("x\n\n {{/if}}", 3, 2, "never opened"),
        ("{{a}} {{b!}}", 1, 10, "! cannot stand in a tag"),
        ('{{uppercase "abc}}', 1, 13, "the text is never closed"),
        ("a {{! never", 1, 3, "the comment is never closed"),
        ("{{#if a}}1{{else}}2{{else}}3{{/if}}", 1, 20, "cannot stand here"),
        ("{{truncate (uppercase a 3}}", 1, 26, ") is needed here, but }} stands there"),
        ("a\nb {{> part}}", 2, 3, "no partials"),
        ("{{truncate a}}", 1, 3, "truncate: needs 2 arguments, and is given 1"),
        ('{{truncate a "x"}}', 1, 3, "argument 2 is a string, but a whole number is needed"),
        ('é {{regexMatch "(" a}}{{regexFind "(" a}}', 1, 25, "( is not a pattern"),
    ],
)
def test_an_error_shows_its_place(template: str, line: int, column: int, words: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(template).render({})
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert words in str(error)
    shown, caret = error.pointer.split("\n")
    assert shown == template.split("\n")[line - 1]
    assert caret == " " * (column - 1) + "^"


# nothing runs

POISON = "x', __import__('os').system('touch /tmp/never') or 'y"
PLACES = (
    *("{{[%s]}}", "{{{[%s]}}}", "{{&[%s]}}", "{{a.[%s]}}", "{{../[%s]}}", "{{@[%s]}}", "{{[%s] 1}}", "{{upper [%s]}}"),
    *("{{upper a.[%s]}}", "{{upper (lower [%s])}}", "{{lookup a [%s]}}", "{{if a x=[%s]}}", "{{#if [%s]}}y{{/if}}"),
    *("{{#each [%s] as |v|}}y{{/each}}", "{{#if a as |[%s]|}}y{{/if}}", "{{^if [%s]}}y{{/if}}", "{{#[%s]}}y{{/[%s]}}"),
    *("{{^[%s]}}y{{/[%s]}}", "{{#if a}}{{else if [%s]}}y{{/if}}", "{{! %s }}", "{{!-- %s --}}", "%s", "\\{{%s}}"),
    *('{{upper "%s"}}', '{{"%s"}}', "{{> [%s]}}", "{{{{[%s]}}}}%s{{{{/[%s]}}}}", "{{else [%s]}}", "{{upper 1 [%s]=2}}"),
    *("{{%s}}", "{{#%s}}{{/%s}}", "{{upper %s}}", "{{#if a}}x{{/if %s}}", "{{~[%s]~}}", "{{a/[%s]/b}}"),
)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_in_a_template_runs(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def never(command: str) -> int:
        raise AssertionError(command)

    monkeypatch.setattr(os, "system", never)
    for poison in (POISON, POISON.replace("'", '"'), f"a\\{POISON}", "__import__('os').system('x')"):
        rendered(place.replace("%s", poison), "map", {"a": 1})


@pytest.mark.parametrize(
    "template",
    ["{{a.__class__}}", "{{a.__class__.__mro__}}", "{{build.author.fields}}", "{{build.extra}}", "{{@root.__dict__}}"],
)
def test_values_have_no_attributes(template: str) -> None:
    assert Template(template).render({"a": "x", "build": drone_context(SAMPLE)}) == ""
    assert Template(template).render(drone_context(SAMPLE)) == ""


@settings(max_examples=150)
@given(st.text(alphabet="{}#/^~!&@.|()[]=\"'\\ \nabelsif01->", max_size=60))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    result = rendered(text, "map", {"a": 1, "b": [1, {"a": 2}], "e": {}})
    if isinstance(result, TemplateError):
        assert 1 <= result.line <= text.count("\n") + 1
        assert 1 <= result.column <= len(text) + 1


def test_compiling_leaves_no_modules_behind() -> None:
    before = set(sys.modules)
    for number in range(5):
        Template(f"{{{{a}}}} {number}")
    assert not {name for name in set(sys.modules) - before if name.startswith("pybars._templates")}


# bounds


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("x" * (LARGEST + 1), "at most 65536 are allowed"),
        ("{{#if a}}" * 51 + "{{/if}}" * 51, "nested more than 50 deep"),
        ("{{a " + "(upper " * 60 + "a" + ")" * 60 + "}}", "nested more than 50 deep"),
        ('{{repeat 1000 (repeat 1000 (repeat 1000 "x"))}}', "too long"),
        ("{{#each (until 50000)}}{{#each (until 50000)}}x{{/each}}{{/each}}", "more than"),
        ("{{#each (until 99999)}}0123456789{{/each}}", "more than"),
        ('{{replace "" (repeat 1000 "y") (repeat 1000 (repeat 10 "x"))}}', "too long"),
        ('{{regexReplaceAll "x*" (repeat 60000 "x") (repeat 100 "$0")}}', "too long"),
        ("{{indent 1000000000 a}}", "too long"),
        ("{{until 100000000}}", "more than"),
        ("{{#with (list a a)}}" * 30 + "{{#with (list . .)}}" * 19 + "{{.}}" + "{{/with}}" * 49, "more than"),
        ("{{#if a}}{{if a}}{{/if}}", "for ever"),
        ("{{#each (until 99999)}}{{#each (until 99999)}}{{/each}}{{/each}}", "steps"),
        ("{{{with_long}}}{{{list " + "r " * 9000 + "}}}{{/with}}", "work"),
        ("{{{with_long}}}{{{append (append (list r) r) r}}}{{/with}}", "parts"),
        ("{{{with_long}}}{{{toJson (append (append (list r) r) r)}}}{{/with}}", "parts"),
        ("{{{with_long}}}{{{join '' (append (append (list r) r) r)}}}{{/with}}", "too long"),
        ("{{{with_long}}}{{{cat " + "r " * 9000 + "}}}{{/with}}", "work"),
        ("{{{with_long}}}{{#each (until 9999)}}{{#if (sha256sum r)}}{{/if}}{{/each}}{{/with}}", "work"),
        ("{{{with_long}}}{{#each (until 9999)}}{{#if (regexReplaceAll 'x' r 'y')}}{{/if}}{{/each}}{{/with}}", "work"),
        ("{{{with_long}}}{{#each (until 9999)}}{{#equal r r}}{{/equal}}{{/each}}{{/with}}", "work"),
        ("{{{with_long}}}{{split '' r}}{{/with}}", "list of more than"),
        ("{{#with (append (until 9999) 1)}}{{#each (until 9999)}}{{a.b}}{{/each}}{{/with}}", "work"),
        ("{{#each (until 99)}}{{#if (uniq (until 2000))}}{{/if}}{{/each}}", "work"),
        (
            "{{#with (list 1) as |x|}}{{#with (list 1) as |y|}}"
            + "{{#with (list (list x x) (list y y)) as |p|}}{{#with p.[0] as |x|}}{{#with p.[1] as |y|}}" * 15
            + "{{has x (list y)}}"
            + "{{/with}}" * 47,
            "parts|work",
        ),
        ("{{#with (dict 'a' 1) as |d|}}{{{set d 'a' d}}}{{/with}}", "nested too deep"),
    ],
    ids=lambda value: value[:60],
)
def test_everything_is_bounded(template: str, words: str) -> None:
    template = template.replace("{{{with_long}}}", '{{#with (repeat 1000000 "x") as |r|}}')
    with pytest.raises(TemplateError, match=words):
        Template(template).render({"a": 1})


def test_texts_beside_each_other_are_one() -> None:
    """However many of them a template has, as it is what is compiled that costs."""
    template = Template("{{! c }}{{!-- d --}}x" * 200 + "\\{{" * 15000)
    assert template.render({}) == "x" * 200 + "{{" * 15000


def test_a_long_and_dense_template_is_compiled_or_refused_soon() -> None:
    with pytest.raises(TemplateError, match="tags"):
        Template("{{a}}" * 5000)


# what is added


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ("{{{v}}}", "<!channel> <@U1>", "<\u200b!channel> <\u200b@U1>"),
        ("<{{v}}>", "!channel", "<\u200b!channel>"),
        ("<{{v}}>", "@U0123456", "<\u200b@U0123456>"),
        ("{{{v}}}!here>", "<", "<\u200b!here>"),
        ("{{{v}}}{{{v}}}", "<", "<<"),
        ("{{{v}}}{{w}}", "<", "<\u200b!everyone"),
        ("<!here> {{v}}", "x", "<!here> x"),
        ('{{{ternary "<!here>" "" true}}} {{v}}', "x", "<!here> x"),
        ("{{#if v}}{{{v}}}{{/if}}", "<!channel>", "<\u200b!channel>"),
        ("{{#uppercase v}}{{/uppercase}}", "<!channel>", "<\u200b!CHANNEL>"),
        ("{{#urlencode}}<{{v}}{{/urlencode}}", "!x", "%3C%21x"),
        ("{{v}} 1 < 2", "a < b ! c", "a &lt; b ! c 1 < 2"),
        ("{{{mention w2}}}", "", "<@U012AB3CD>"),
        ("<{{v}}!here>", "\ufdd0", "<!here>"),
        ("<\ufdd0\ufdd0{{v}}", "@U012AB3CD>", "<\u200b@U012AB3CD&gt;"),
        ("{{{v}}}\ufdd0{{w}}", "<", "<\u200b!everyone"),
        ('{{{v}}}{{{ternary "\ufdd0" "" true}}}{{w}}', "<", "<\u200b!everyone"),
    ],
)
def test_no_value_mentions_anybody(template: str, value: str, expected: str) -> None:
    context = {"v": value, "w": "!everyone", "w2": "U012AB3CD"}
    assert Template(template).render(context, slack_safe=True) == expected


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.booleans(), st.text(alphabet="<!@a\ufdd0>", max_size=4)), max_size=6),
)
def test_no_pieces_make_a_mention_together(pieces: list[tuple[bool, str]]) -> None:
    """What is printed has `<!` and `<@` only where both stand side by side in the template's own text."""
    context = {f"v{index}": text for index, (_, text) in enumerate(pieces)}
    template = "".join(text if own else f"{{{{{{v{index}}}}}}}" for index, (own, text) in enumerate(pieces))
    own = sum(text.replace("\ufdd0", "").count(mark) for is_own, text in pieces for mark in ("<!", "<@") if is_own)
    own += sum(
        (left + right).replace("\ufdd0", "")[len(left.replace("\ufdd0", "")) - 1 :][:2] in ("<!", "<@")
        for (one, left), (two, right) in pairwise(pieces)
        if one and two and left and right
    )
    text = Template(template).render(context, slack_safe=True)
    assert text.count("<!") + text.count("<@") <= own + 2 * sum(not piece for _, piece in pieces)
    if not any(is_own for is_own, _ in pieces):
        assert "<!" not in text
        assert "<@" not in text


@pytest.mark.parametrize("made", ["(list 1)", "(splitList ',' 'a')", "(until 2)"])
def test_within_a_list_nothing_is_found_around_it(made: str) -> None:
    assert Template("{{#with " + made + "}}[{{{s}}}]{{/with}}").render({"s": "x"}) == "[]"


def test_no_name_at_all_is_the_first_field_as_there() -> None:
    assert Template('{{""}} {{#with build.author}}{{""}}{{/with}}').render(drone_context(SAMPLE)) == "{acme web} "


def test_further_names_change_no_old_result() -> None:
    extra = {"build": {"duration": "1m3s", "number": 7}, "server": {"name": "ci"}, "change": "broken"}
    context = drone_context(SAMPLE, extra)
    assert Template("{{build.duration}} {{server.name}} {{change}}").render(context) == "1m3s ci broken"
    for template in ("{{build.number}}", "{{build}}", "{{#each build}}{{@key}}{{/each}}", "{{toJson build}}", "{{.}}"):
        assert Template(template).render(context) == Template(template).render(drone_context(SAMPLE))


def test_no_secret_is_in_the_context() -> None:
    config = {"webhook": "https://hooks.example/secret", "accessToken": "xoxb-secret", "channel": "dev"}
    context = drone_context({**SAMPLE, "config": config})
    for template in ("{{config.webhook}}", "{{config.accessToken}}", "{{config}}", "{{toJson .}}", "{{.}}"):
        assert "secret" not in Template(template).render(context)


def test_unknown_names_are_told() -> None:
    template = Template("{{build.number}}\n{{build.finished}} {{commit.message}} {{repo.link}}")
    names = [("build.finished", 2, 3), ("commit.message", 2, 22), ("repo.link", 2, 41)]
    assert template.unknown(drone_context(SAMPLE)) == names
    assert Template("{{#with build}}{{author.name}}{{/with}}").unknown(drone_context(SAMPLE)) == []


def test_chance_is_passed_in() -> None:
    template = Template("{{uuidv4}} {{randAlphaNum 8}} {{shuffle 'abcdef'}}")
    assert template.render({}, random=Random(1)) == template.render({}, random=Random(1))
    assert template.render({}, random=Random(1)) != template.render({}, random=Random(2))


def test_a_helper_that_changes_a_map_changes_no_context() -> None:
    context = {"m": {"a": 1}}
    assert Template("{{set m 'b' 2}} {{m.b}}").render(context) == "map[a:%!s(int=1) b:%!s(int=2)] 2"
    assert context == {"m": {"a": 1}}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{datetime build.started "2006-01-02 15:04" "Europe/Berlin"}}', "2020-09-13 14:26"),
        ('{{datetime 1600000000 "3:04PM MST" "UTC"}}', "12:26PM UTC"),
        ("{{duration build.created build.started}}", "1m40s"),
        ("[{{uppercasefirst build.tag}}]", "[]"),
        ('{{default "none" build.tag}} {{coalesce build.tag build.branch}}', "none main"),
        ("{{add 1 2 3}} {{mul 2 3}} {{round 1.256 2}} {{quote build.branch}}", "6 6 1.26 &quot;main&quot;"),
    ],
)
def test_what_is_kinder_than_the_original(template: str, expected: str) -> None:
    build = {**SAMPLE["build"], "started": 1600000000, "created": 1599999900}
    assert Template(template).render(drone_context({**SAMPLE, "build": build})) == expected


def test_every_function_of_sprig_is_there_but_those_that_return_errors() -> None:
    blocked = {"fail", "semver", "semverCompare", "buildCustomCert", "genCA", "genSelfSignedCert", "genSignedCert"}
    assert not blocked & HELPERS.keys()
    assert len(HELPERS) > 130
