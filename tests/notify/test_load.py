"""[slack], [store], [notify], [users], [[rule]] and [[silence]] of the configuration file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config import ConfigError, Flags, load
from buildwatch.model import Build
from buildwatch.notify.context import context
from buildwatch.notify.load import load_notify
from buildwatch.notify.message import Doubt
from buildwatch.notify.sample import sample
from buildwatch.notify.settings import Kind, NotifySettings, Quiet, Style
from buildwatch.text import clean

HOME = {"HOME": "/home/nobody"}
RULE = '[[rule]]\nname = "all"\nwhen = "every"\n'
HOOK = RULE + 'webhook_env = "HOOK"\n'
MEASURE = Path(__file__).parents[3] / "shared" / "measure" / "notify.toml"

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file that only its owner can read; gives its path."""

    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


def read(path: Path, **environ: str) -> NotifySettings:
    return load_notify(load(Flags(config=str(path)), HOME | environ), HOME | environ)


def refused(path: Path, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(path, **environ)
    message = str(caught.value)
    assert message == clean(message, 2000)
    return message


def test_the_configuration_of_the_measurement_works_as_it_stands() -> None:
    if not MEASURE.exists():
        pytest.skip("../shared/measure/notify.toml is not here")
    settings = read(MEASURE, SLACK_BOT_TOKEN="xoxb-1", DRONE_TOKEN="t")
    assert settings.slack.rate == 0
    assert settings.slack.api_url == "http://127.0.0.1:14999/api/"
    assert settings.slack.token.read().reveal() == "xoxb-1"
    assert settings.store.path == Path("/var/lib/buildwatch/outbox.db")
    assert settings.store.url == "sqlite:////var/lib/buildwatch/outbox.db"
    (rule,) = settings.rules
    assert (rule.name, rule.destination, rule.details) == ("all ends", "channel:C0BUILDS", None)
    assert rule.when == {Kind.SUCCESS, Kind.FAILURE, Kind.KILLED, Kind.ERROR, Kind.SKIPPED, Kind.DECLINED}


def test_the_example_is_a_configuration_whose_templates_stand_for_something() -> None:
    settings = read(Path(__file__).parents[2] / "examples" / "notify.toml")
    assert [rule.name for rule in settings.rules] == ["main", "deployments", "everything else that fails", "operators"]
    given = context(sample())
    for rule in settings.rules:
        for text in (rule.template, rule.details):
            assert text is None or text.template.unknown(given) == []
        assert rule.template.template.render(given, now=0.0, slack_safe=True).strip()


def test_what_is_not_asked_for_is_off(write: Write) -> None:
    settings = read(write(HOOK), HOOK="https://hooks.example.com/x", XDG_STATE_HOME="/state")
    (rule,) = settings.rules
    assert (rule.group, rule.thread, rule.excerpt, rule.snippet, rule.quiet, rule.flapping) == (
        0,
        False,
        0,
        False,
        None,
        0,
    )
    assert (rule.stop, rule.mentions, rule.doubt, rule.style) == (False, (), Doubt.AGAIN, Style.TEXT)
    assert (settings.slack.rate, settings.slack.api_url) == (1.0, "https://slack.com/api/")
    assert settings.store.path == Path("/state/buildwatch/outbox.db")
    assert (settings.health, settings.log_format, settings.warnings) == (None, "text", ())


def test_everything_at_once(write: Write) -> None:
    text = """
[slack]
token_command = ["pass", "show", "slack"]
rate = 2
channel = "builds"
username = "ci"
[slack.webhooks.ops]
webhook_file = "ops.url"
[store]
url = "sqlite:///here.db"
retention = "7d"
max_age = "1h30m"
[notify]
health = "127.0.0.1:8099"
log_format = "json"
stuck_after = 90
[users]
Octocat = "U012AB3CD"
[[rule]]
name = "main"
server = "lab"
repo = ["acme/*", "!acme/toy"]
branch = "{main,release/*}"
event = ["push", "tag"]
author = "octo*"
status = "failure"
target = "prod"
when = ["broken", "fixed"]
stop = true
builtin = "drone"
mention = ["author", "@S012AB3CD"]
thread = true
broadcast = true
excerpt = true
snippet = true
group = "30s"
flapping = 4
ambiguous = "never"
quiet = { from = "22:00", to = 07:00:00, timezone = "Europe/Berlin", days = ["fri"], whole_days = ["sat", "sun"] }
[[rule]]
name = "ops"
when = "stuck"
webhook = "ops"
template = "{{repo.name}}"
details = "{{build.link}}"
[[silence]]
repo = "acme/toy"
rule = "ops"
from = 2030-01-01T00:00:00Z
until = 2030-02-01T00:00:00Z
reason = "being rebuilt"
"""
    path = write(text)
    settings = read(path)
    main, ops = settings.rules
    assert main.destination == "channel:#builds"
    assert (main.username, main.style, main.excerpt, main.group, main.flapping) == ("ci", "attachment", 12, 30.0, 4)
    assert main.mentions == ("author", "S012AB3CD")
    assert main.quiet is not None
    assert main.quiet.zone == ZoneInfo("Europe/Berlin")
    assert (main.quiet.days, main.quiet.whole) == (frozenset({4}), frozenset({5, 6}))
    assert main.doubt is Doubt.NEVER
    build = Build("lab", "acme/api", 1, 1, branch="release/2/x", event="tag", author="OctoCat", deploy_to="prod")
    assert main.matcher.why_not(build) == 'status is "pending", not failure'
    assert (ops.destination, ops.update, ops.template.template.source) == ("webhook:ops", False, "{{repo.name}}")
    assert settings.store.path == path.parent / "here.db"
    assert (settings.store.retention, settings.store.max_age) == (7 * 86400, 5400)
    assert settings.health == ("127.0.0.1", 8099)
    assert settings.stuck_after == 90
    assert settings.users == {"octocat": "U012AB3CD"}
    (silence,) = settings.silences
    assert (silence.reason, silence.rules) == ("being rebuilt", ("ops",))
    assert silence.end == datetime(2030, 2, 1, tzinfo=UTC).timestamp()


def test_a_webhook_can_stand_in_its_rule_and_its_address_is_in_no_name(write: Write) -> None:
    secret = "https://hooks.slack.com/services/T0/B0/secret"
    settings = read(write(RULE + f'webhook = "{secret}"\n'))
    (name,) = settings.slack.webhooks
    assert settings.rules[0].destination == f"webhook:{name}"
    assert "secret" not in repr(settings)
    assert settings.slack.webhooks[name].read().reveal() == secret
    assert settings.warnings == ()


def test_a_file_with_a_secret_that_others_can_read_is_told(write: Write) -> None:
    path = write(RULE + 'webhook = "https://hooks.slack.com/services/T0/B0/x"\n')
    path.chmod(0o644)
    assert "chmod 600" in read(path).warnings[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no [[rule]]; expected at least one"),
        ("rule = 3", "rule must be tables that begin with [[rule]], not a number"),
        ("rule = [3]", "[[rule]] 1 must be a table"),
        ('[[rule]]\nwhen = "every"', "[[rule]] 1: name is missing; expected a short name"),
        ('[[rule]]\nname = "x"', "[[rule]] x: when is missing; expected one or more of started, success"),
        (HOOK + HOOK, '[[rule]] all: the name "all" is taken already'),
        (HOOK + "whem = 1", '[[rule]] all: unknown key "whem"; did you mean "when"?'),
        ('[[rule]]\nname = "x"\nwhen = "fixd"\nwebhook_env = "H"', "when must be one or more of"),
        ('[[rule]]\nname = "x"\nwhen = []\nwebhook_env = "H"', "when is an empty list"),
        ('[[rule]]\nname = "x"\nwhen = [1]\nwebhook_env = "H"', "when must be one or more of"),
        (HOOK + 'repo = "acme/["', '[[rule]] all: repo has a "[" that is not closed; expected a glob'),
        (HOOK + 'branch = "{a,b"', 'branch has a "{" that is not closed; expected a glob'),
        (HOOK + 'branch = "a}"', 'branch has a "}" without a "{"'),
        (HOOK + 'branch = ""', "branch holds an empty text"),
        (HOOK + "branch = []", "branch is an empty list"),
        (HOOK + "branch = [3]", "branch must be a text or a list of texts"),
        (HOOK + 'branch = "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"', "branch stands for more than 64 texts"),
        (HOOK + 'template = "a\\n{{build.status"', "[[rule]] all: template, line 2, column "),
        (HOOK + 'details = "{{/if}}"', "[[rule]] all: details, line 1, column "),
        (HOOK + 'template_file = "no.hbs"', "no.hbs cannot be read (no such file or directory)"),
        (HOOK + 'template = "a"\nbuiltin = "short"', "template and builtin are given; expected only one of them"),
        (HOOK + 'builtin = "shirt"', 'builtin must be one of default, short, drone; did you mean "short"?'),
        (HOOK + 'color = "red"', "color must be good, warning, danger or a colour"),
        (HOOK + "thread = true", "thread needs a channel and a bot token"),
        (HOOK + 'channel = "x"', "channel and webhook_env are given; expected only one of them"),
        (HOOK + 'mention = "bob"', "mention must be one or more of"),
        (HOOK + "excerpt = 51", "excerpt must be true, false or a number of lines from 1 to 50"),
        (HOOK + 'group = "soon"', "group must be a length of time"),
        (HOOK + "flapping = 1", "flapping must be how many changes"),
        (HOOK + 'quiet = { from = "22:00" }', "[[rule]] all: quiet: to is missing; expected a time of day"),
        (HOOK + 'quiet = { from = "24:00", to = "7:00", timezone = "UTC" }', "quiet: from must be a time of day"),
        (
            HOOK + 'quiet = { from = "2:00", to = "7:00", timezone = "Mars/X" }',
            "timezone must be the name of a time zone",
        ),
        (
            HOOK + 'quiet = { from = "2:00", to = "7:00", timezone = "Europe" }',
            "timezone must be the name of a time zone",
        ),
        (
            HOOK + 'quiet = { from = "2:00", to = "7:00", timezone = "UTC", days = ["so"] }',
            "days must be a list of mon",
        ),
        (
            HOOK + 'quiet = { from = "2:00", to = "7:00", timezone = "UTC", '
            'whole_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }',
            "quiet: it is never over",
        ),
        (HOOK + 'ambiguous = "maybe"', 'ambiguous must be "again" or "never"'),
        (RULE, "no channel and no webhook is given; expected one of them"),
        (RULE + 'webhook = "ops"', 'there is no webhook "ops"'),
        (RULE + 'webhook = "ftp://x"', "webhook must be the name of"),
        (RULE + 'webhook_env = "xoxb"', "webhook_env must be the name of an environment variable (in capitals)"),
        (RULE + 'channel = "a b"', "channel must be a channel"),
        (RULE + 'channel = "x"', "[slack] has no token; expected token_env, token_file or token_command"),
        ("[slack]\nrate = -1\n" + HOOK, "[slack]: rate must be messages a second"),
        ("[slack]\nrate = nan\n" + HOOK, "[slack]: rate must be messages a second"),
        ('[slack]\nrate = "1"\n' + HOOK, "[slack]: rate must be messages a second a channel"),
        ('[slack]\napi_url = "slack"\n' + HOOK, "[slack]: api_url has no scheme"),
        ('[slack]\ntoken = "xoxb-secret word"\n' + HOOK, "[slack]: token must be the token alone"),
        ("[slack.webhooks]\nops = 3\n" + HOOK, "[slack.webhooks.ops] must be a table"),
        ("[slack.webhooks.ops]\n" + HOOK, "[slack.webhooks.ops] is empty"),
        ('[slack.webhooks.ops]\nurl = "x"\n' + HOOK, '[slack.webhooks.ops]: unknown key "url"'),
        ('[store]\nurl = "postgres://x"\n' + HOOK, "[store]: url must be sqlite:///"),
        ('[store]\nurl = "sqlite://"\n' + HOOK, "[store]: url must be sqlite:///"),
        ('[store]\nretention = "x"\n' + HOOK, "[store]: retention must be a length of time"),
        ('[notify]\nhealth = "here"\n' + HOOK, "[notify]: health must be an address to listen on"),
        ('[notify]\nlog_format = "xml"\n' + HOOK, '[notify]: log_format must be "text" or "json"'),
        ('[users]\nbob = "bob"\n' + HOOK, "[users]: bob must be a Slack id"),
        (HOOK + '[[silence]]\nreason = "x"', "[[silence]] 1: until is missing; expected a date and time"),
        (HOOK + "[[silence]]\nuntil = 2030-01-01T00:00:00Z", "[[silence]] 1: reason is missing"),
        (HOOK + '[[silence]]\nuntil = 2030-01-01\nreason = "x"', "until must be a date and time"),
        (
            HOOK + '[[silence]]\nuntil = 2030-01-01T00:00:00Z\nreason = "x"\nrule = "al"',
            'there is no rule "al"; did you mean',
        ),
        (
            HOOK + '[[silence]]\nuntil = 2030-01-01T00:00:00Z\nfrom = 2031-01-01T00:00:00Z\nreason = "x"',
            "until must be later than from",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_what_is_expected(text: str, expected: str, write: Write) -> None:
    message = refused(write(text))
    assert "config.toml" in message
    assert expected in message
    assert "secret" not in message


def test_a_template_from_a_file_is_read_and_its_faults_have_their_place(write: Write, tmp_path: Path) -> None:
    (tmp_path / "t.hbs").write_text("{{build.number}}")
    path = write(HOOK + 'template_file = "t.hbs"')
    assert read(path).rules[0].template.template.source == "{{build.number}}"
    (tmp_path / "t.hbs").write_text("\n\n  {{#if}}")
    assert "t.hbs, line 3, column" in refused(path)
    (tmp_path / "t.hbs").write_bytes(b"\n\xff")
    assert "t.hbs, line 2: expected text in UTF-8" in refused(path)
    (tmp_path / "t.hbs").write_bytes(b"x" * 70_000)
    assert "t.hbs is larger than 64 KiB" in refused(path)


def test_without_a_file_there_is_nothing_to_tell() -> None:
    with pytest.raises(ConfigError, match=r"there is no configuration file /home/nobody/\.config/buildwatch"):
        load_notify(load(environ=HOME), HOME)


def test_hours_that_are_not_given_a_weekday_are_quiet_on_all(write: Write) -> None:
    (rule,) = read(write(HOOK + 'quiet = { from = "22:00", to = "7:00", timezone = "UTC" }')).rules
    assert rule.quiet is not None
    assert isinstance(rule.quiet, Quiet)
    assert rule.quiet.days == frozenset(range(7))


values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
keys = st.sampled_from(
    [
        "when",
        "repo",
        "branch",
        "author",
        "channel",
        "webhook",
        "webhook_env",
        "template",
        "template_file",
        "details",
        "mention",
        "excerpt",
        "group",
        "flapping",
        "quiet",
        "color",
        "update",
        "username",
        "icon_url",
    ]
)


def as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(item) for item in value) + "]"
    return '"' + "".join(f"\\U{ord(char):08x}" for char in str(value)) + '"'


@given(rule=st.dictionaries(keys, values))
def test_any_values_give_settings_or_one_sentence(
    rule: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "values.toml"
    entries: dict[str, object] = {"name": "x", "when": "every"} | rule
    path.write_text("[[rule]]\n" + "\n".join(f"{key} = {as_toml(value)}" for key, value in entries.items()))
    path.chmod(0o600)
    said = sentence(path)
    assert said == clean(said, 2000)


def sentence(path: Path) -> str:
    """What is said of a file: nothing when it is a configuration. Anything else that is raised fails the test."""
    try:
        read(path, SLACK_BOT_TOKEN="xoxb-1")
    except ConfigError as error:
        return str(error)
    return ""
