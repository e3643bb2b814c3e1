"""`buildwatch plugin slack` beside what the real drone-slack posted: versions 1.2.0, 1.4.1 and the current one."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from buildwatch.demo.slack import SlackServer, running
from buildwatch.notify.plugin.places import Place, place
from tests.notify.plugin.conftest import SERVER, Hook, Run

DATA = Path(__file__).parents[2] / "data" / "plugin"
NAMED = json.loads((DATA / "payloads.json").read_text())
GENERATED = json.loads((DATA / "generated.json").read_text())
LIKE = ("1.2", "1.4", "current")
SECRET = f"{SERVER}/services/T000/B000/x9secretx9"
BASE = {**NAMED["base"], "PLUGIN_WEBHOOK": SECRET}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited for, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("buildwatch.cli.plugin.time.sleep", waited.append)
    return waited


def posted(hook: Hook) -> Any:
    return json.loads(json.dumps(hook.posts).replace(hook.url, SERVER))


@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize("name", NAMED["cases"])
def test_each_setting_posts_what_drone_slack_posts(name: str, like: str, run: Run, hook: Hook) -> None:
    case = NAMED["cases"][name]
    theirs = case["results"][like]
    hook.status = case["status"]
    hook.answer = {404: "channel_not_found", 500: "server_error"}.get(hook.status, "ok")
    done = run({**BASE, **theirs["env"]}, like)
    if theirs["rc"] == 2:  # it crashes
        assert (done.status, len(hook.posts)) == (0, 1)
        return
    assert (done.status, hook.posts) == (theirs["rc"], theirs["posts"])
    assert done.said == (f"buildwatch: {theirs['said']}\n" if theirs["said"] else "")


@pytest.mark.parametrize("like", LIKE)
def test_a_hundred_and_twenty_environments_post_what_drone_slack_posts(like: str, run: Run, hook: Hook) -> None:
    assert len(GENERATED) == 120
    for number, case in enumerate(GENERATED):
        if like not in case["results"]:
            continue
        theirs = case["results"][like]
        hook.posts.clear()
        hook.status, hook.answer = case["status"], case["answer"]
        done = run(case["env"], like)
        assert (number, done.status, posted(hook)) == (number, theirs["rc"], theirs["posts"])
        if theirs["rc"] == 1:
            words = theirs["said"].partition(":")[0]  # where a template or JSON is wrong is said in words of ours
            assert done.said.startswith(f"buildwatch: {words}")


@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize(
    "env",
    [
        {"PLUGIN_WEBHOOK": "http://127.0.0.1:1/services/T000/B000/x9secretx9"},
        {"PLUGIN_WEBHOOK": "http://nowhere.invalid/services/T000/B000/x9secretx9"},
        {"PLUGIN_WEBHOOK": "services/T000/B000/x9secretx9"},
        {"PLUGIN_WEBHOOK": "http://a b/services/T000/B000/x9secretx9"},
        {"PLUGIN_WEBHOOK": "ftp://x/services/T000/B000/x9secretx9"},
        {"PLUGIN_TEMPLATE": "{{config.webhook}} {{{config}}} {{{lookup config 'Webhook'}}} {{env 'PLUGIN_WEBHOOK'}}"},
        {"PLUGIN_TEMPLATE": "http://127.0.0.1:1/?token=x9secretx9"},
        {"PLUGIN_TEMPLATE": "{{#if x9secretx9"},
    ],
)
def test_no_secret_is_said_or_posted(env: dict[str, str], like: str, run: Run, hook: Hook) -> None:
    done = run({**BASE, **env}, like)
    assert "x9secretx9" not in done.said
    assert "x9secretx9" not in json.dumps(hook.posts)
    assert "Traceback" not in done.said
    assert done.status in (0, 1)


def test_an_answer_that_repeats_the_address_is_said_without_it(run: Run, hook: Hook) -> None:
    hook.status, hook.answer = 400, f"no such hook: {hook.url}/services/T000/B000/x9secretx9 \x1b[31m x9secretx9"
    done = run(BASE)
    assert (done.status, done.said) == (1, "buildwatch: no such hook: …  …\n")


@pytest.mark.parametrize("like", LIKE)
def test_values_mention_nobody_and_the_template_may(like: str, run: Run, hook: Hook) -> None:
    env = {**BASE, "DRONE_COMMIT_MESSAGE": "<!channel> and <@U1>", "DRONE_COMMIT_BRANCH": "<!here>"}
    assert run(env, like).status == 0
    assert run({**env, "PLUGIN_TEMPLATE": "<!here> {{{build.message}}}"}, like).status == 0
    default, own = (post["attachments"][0] for post in hook.posts)
    assert "<!" not in default["text"] + default["fallback"]
    assert own["text"] == "<!here> <\u200b!channel> and <\u200b@U1>"


def test_what_is_escaped_needs_no_more(run: Run, hook: Hook) -> None:
    env = {**BASE, "DRONE_COMMIT_AUTHOR": "<!x>", "PLUGIN_TEMPLATE": "{{build.author}} {{lowercase build.author}}"}
    assert run(env).status == 0
    assert hook.posts[0]["attachments"][0]["text"] == "&lt;!x&gt; &lt;!x&gt;"


def test_one_of_its_own_templates_is_none_there_either(run: Run, hook: Hook) -> None:
    done = run({**BASE, "PLUGIN_CUSTOM_TEMPLATE": "success_tagged_deploy_1"}, "current")
    assert (done.status, hook.posts) == (1, [])
    assert done.said.startswith("buildwatch: failed to parse filled template JSON: invalid character")


def test_only_what_was_not_sent_is_tried_again(run: Run, hook: Hook, waits: list[float]) -> None:
    hook.script, hook.retry_after = [429, 200], "7"
    assert run(BASE).status == 0
    assert (len(hook.posts), waits) == (2, [7.0])
    for status in (500, 502, 404, 302):
        hook.posts.clear()
        hook.script = [status, 200]
        assert run(BASE).status == 1
        assert len(hook.posts) == 1


def test_patience_ends(run: Run, hook: Hook, waits: list[float]) -> None:
    hook.status, hook.answer, hook.retry_after = 429, "rate_limited", "7"
    assert run(BASE) == (1, "buildwatch: rate_limited\n")
    assert (len(hook.posts), waits) == (3, [7.0, 7.0])
    hook.retry_after = "600"
    assert run(BASE, "current") == (1, "buildwatch: slack rate limit exceeded, retry after 600s\n")
    assert (len(hook.posts), waits) == (4, [7.0, 7.0])
    waits.clear()
    refused = run({**BASE, "PLUGIN_WEBHOOK": "http://127.0.0.1:1/x"})
    assert refused == (1, 'buildwatch: Post "the webhook": connection refused\n')
    assert waits == [1.0, 2.0]


def test_a_template_comes_from_a_file_or_an_address(run: Run, hook: Hook, tmp_path: Path) -> None:
    file = tmp_path / "slack.hbs"
    file.write_text("from a file: {{build.number}}\n")
    for like in LIKE:
        for setting, text in (
            (f"file://{file}", "from a file: 42"),
            (str(file), "from a file: 42" if like == "current" else str(file)),
            (f"{SERVER}/template?x=1", "remote 42 of hello-world"),
        ):
            hook.posts.clear()
            assert run({**BASE, "PLUGIN_TEMPLATE": setting}, like).status == 0
            assert hook.posts[0]["attachments"][0]["text"] == text
    missing = run({**BASE, "PLUGIN_TEMPLATE": f"file://{tmp_path}/none"})
    assert missing == (1, f"buildwatch: failed to read: open {tmp_path}/none: no such file or directory\n")


def test_what_other_steps_hand_on_is_read(
    run: Run, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "env"
    file.write_text("# handed on\nexport DRONE_BUILD_STATUS='failure'\nPLUGIN_USERNAME=\"drone\"\nDRONE_TAG=v1 # new\n")
    monkeypatch.setattr("buildwatch.cli.plugin.ENV_FILE", file)
    env = {**BASE, "PLUGIN_TEMPLATE": "{{build.status}} {{build.tag}}"}
    assert [run(env, like).status for like in LIKE] == [0, 0, 0]
    assert [post["attachments"][0]["text"] for post in hook.posts] == ["success", "failure v1", "failure v1"]
    assert [post.get("username") for post in hook.posts] == [None, "drone", "drone"]


async def test_an_access_token_posts_by_the_web_api(run: Run) -> None:
    async with running(SlackServer(seed=1)) as slack:
        env = {**NAMED["base"], "SLACK_ACCESS_TOKEN": slack.token, "PLUGIN_CHANNEL": "builds"}
        flags = ("current", "--api-url", slack.api_url)
        assert await asyncio.to_thread(run, {**env, "PLUGIN_TEMPLATE": "build {{build.number}}"}, *flags) == (0, "")
        blocks = '{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"hi"}}]}'
        assert await asyncio.to_thread(run, {**env, "PLUGIN_CUSTOM_BLOCK": blocks}, *flags) == (0, "")
        nowhere = await asyncio.to_thread(run, {**env, "PLUGIN_CHANNEL": "nowhere"}, *flags)
        slack.faults.invalid_auth = True
        refused = await asyncio.to_thread(run, env, *flags)
    first, second = (message.body for message in slack.workspace.messages)
    assert first == {"text": "build 42"}
    assert second == {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]}
    assert nowhere == (1, "buildwatch: failed to post message using access token: channel_not_found\n")
    assert refused == (1, "buildwatch: failed to authenticate using access token: invalid_auth\n")


async def test_a_file_is_uploaded_in_the_place_of_a_message(run: Run, tmp_path: Path) -> None:
    file, output = tmp_path / "report.txt", tmp_path / "output"
    file.write_text("three tests failed\n")
    async with running(SlackServer(seed=1)) as slack:
        env = {
            **NAMED["base"],
            "SLACK_ACCESS_TOKEN": slack.token,
            "PLUGIN_CHANNEL": "C0BUILDS",
            "PLUGIN_FILE_PATH": f" {file} ",
            "PLUGIN_TITLE": "the report",
            "DRONE_OUTPUT": str(output),
        }
        flags = ("current", "--api-url", slack.api_url)
        assert await asyncio.to_thread(run, env, *flags) == (0, "")
        assert [(one.name, one.title, one.content, one.channel) for one in slack.workspace.files] == [
            ("report.txt", "the report", "three tests failed\n", "C0BUILDS")
        ]
        assert slack.workspace.messages == []
        success = f"UPLOAD_OK_STATUS=Success: Slack file upload successful\nUPLOAD_FILE_PATH={file}\n"
        assert output.read_text() == success
        slack.faults.missing_scopes = ["files:write"]
        lenient = await asyncio.to_thread(run, env, *flags)
        strict = await asyncio.to_thread(run, {**env, "PLUGIN_FAIL_ON_ERROR": "true"}, *flags)
    assert lenient.status == 0
    assert "missing_scope" in lenient.said
    assert strict == (1, f"buildwatch: Failed to upload file {file}: missing_scope\n")
    assert output.read_text() == success + success.replace("Success: Slack file upload successful", "").replace(
        "STATUS=", "STATUS=Failed: Slack file upload failed"
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere/x", "failed to get file info: stat /nowhere/x: no such file or directory"),
        ("/", "path / is a directory, not a file"),
    ],
)
def test_a_file_that_is_none_is_an_error(path: str, said: str, run: Run) -> None:
    assert run({**BASE, "PLUGIN_FILE_PATH": path}, "current") == (1, f"buildwatch: {said}\n")


async def test_people_are_looked_up_in_the_place_of_a_message(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("BEFORE=1\n")
    async with running(SlackServer(seed=1)) as slack:
        people = "dana@acme.example, nobody@elsewhere.example,,tom@acme.example"
        env = {**NAMED["base"], "PLUGIN_ACCESS_TOKEN": slack.token, "PLUGIN_SLACK_USER_EMAIL_ID": people}
        flags = ("current", "--api-url", slack.api_url)
        done = await asyncio.to_thread(run, {**env, "DRONE_OUTPUT": str(output)}, *flags)
        nowhere = await asyncio.to_thread(run, env, *flags)
        assert slack.workspace.messages == []
    assert done == (0, "buildwatch: nobody@elsewhere.example cannot be looked up (users_not_found)\n")
    assert output.read_text() == "BEFORE=1\nSLACK_ID_FROM_EMAIL=U0DANA,U0TOM\n"
    assert nowhere.status == 1
    assert "failed to write Slack ID to output file: failed to open output file" in nowhere.said


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Four commits of three authors; the one before the last is mia's only one."""
    folder = tmp_path / "src"
    folder.mkdir()
    git(folder, "init", "-q")
    for author in ("tom", "dana", "mia", "dana"):
        who = ("-c", f"user.name={author}", "-c", f"user.email={author}@acme.example")
        git(folder, *who, "commit", "-q", "--allow-empty", "-m", "more")
    return folder


async def test_committers_are_looked_up_where_there_is_no_channel(run: Run, clone: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    async with running(SlackServer(seed=1)) as slack:
        env = {**NAMED["base"], "PLUGIN_ACCESS_TOKEN": slack.token, "PLUGIN_COMMITTERS_SLACK_ID": "true"}
        env |= {"DRONE_WORKSPACE": str(clone), "DRONE_OUTPUT": str(output)}
        env.pop("PLUGIN_CHANNEL", None)
        assert await asyncio.to_thread(run, env, "current", "--api-url", slack.api_url) == (0, "")
        assert slack.workspace.messages == []
    assert output.read_text() == "COMMITTERS_SLACK_IDS=U0DANA,U0TOM\n"


async def test_committers_get_the_message_too(run: Run, clone: Path, tmp_path: Path) -> None:
    async with running(SlackServer(seed=1)) as slack:
        env = {**NAMED["base"], "PLUGIN_ACCESS_TOKEN": slack.token, "PLUGIN_COMMITTERS_SLACK_ID": "true"}
        env |= {
            "PLUGIN_GIT_REPO_PATH": str(clone),
            "DRONE_OUTPUT": str(tmp_path / "output"),
            "PLUGIN_CHANNEL": "builds",
        }
        assert await asyncio.to_thread(run, env, "current", "--api-url", slack.api_url) == (0, "")
        first, *others = slack.workspace.messages
        assert (first.channel, [one.channel for one in others]) == ("C0BUILDS", ["D0DANA", "D0TOM"])
        assert all(one.body["text"] == first.body["text"] for one in others)
        slack.faults.change({"missing_scopes": ["im:write"]})
        done = await asyncio.to_thread(run, env, "current", "--api-url", slack.api_url)
    assert done.status == 0
    assert done.said.splitlines()[0] == "buildwatch: U0DANA cannot be written to (missing_scope)"


def test_where_there_are_no_committers_it_says_so(run: Run, tmp_path: Path) -> None:
    env = {**BASE, "PLUGIN_COMMITTERS_SLACK_ID": "1", "PLUGIN_ACCESS_TOKEN": "xoxb-1", "PLUGIN_CHANNEL": ""}
    env.pop("DRONE_WORKSPACE", None)
    assert run(env, "current") == (1, "buildwatch: failed to get git emails: gitDir cannot be empty\n")
    done = run({**env, "DRONE_WORKSPACE": str(tmp_path)}, "current")
    assert done.status == 1
    assert "failed to open git repository" in done.said
    git(tmp_path, "init", "-q")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
    assert "failed to get parent commit of HEAD" in run({**env, "DRONE_WORKSPACE": str(tmp_path)}, "current").said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a/b", Place("http", "http://a/b")),
        ("HTTPS://a", Place("https", "HTTPS://a")),
        ("http://127.0.0.1:1/ {{a}}", Place("http", "http://127.0.0.1:1/ {{a}}")),
        ("file:///tmp/a%20b", Place("file", "/tmp/a b")),
        ("file://host/x", Place("file", "/x")),
        ("http://a/\n{{b}}", None),
        ("http://{{a}}/b", None),
        ("http://a b/c", None),
        ("http://a:x/", None),
        ("http://a/100%", None),
        ("build: {{a}}", None),
        ("mailto:x", None),
        ("/etc/passwd", None),
        ("", None),
    ],
)
def test_what_go_takes_for_an_address(text: str, expected: Place | None) -> None:
    assert place(text) == expected
