"""The first start, where no server is configured: by hand from an address to a token that works and where it is kept.

The token is typed unseen and is on no line of the screen. What was found out is given back; whoever opened this writes
it down and opens the tree.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from buildwatch.clock import ServerClock
from buildwatch.config import token as tokens
from buildwatch.config.errors import ConfigError
from buildwatch.config.secrets import argv
from buildwatch.config.settings import ServerSettings
from buildwatch.config.urls import BadUrl, host_of, server_url
from buildwatch.tui import keys
from buildwatch.tui.keymap import Keymap, resolve
from buildwatch.tui.theming import Theming

if TYPE_CHECKING:
    from buildwatch.config import Settings
    from buildwatch.sources.greet import Greeting

ADDRESS, TOKEN, KEEP, COMMAND = "address", "token", "keep", "command"

FILE, BY_COMMAND, ONCE, DEMO = "file", "command", "once", "demo"


class Answer(NamedTuple):
    """What a person wants: `how` is FILE, BY_COMMAND or ONCE (where the token is kept), or DEMO."""

    how: str
    name: str = ""
    url: str = ""
    token: str = ""
    command: str = ""


_HINTS: Final = {
    ADDRESS: "the server's address, like https://drone.example.com",
    TOKEN: "the token; it is not shown",
    COMMAND: "a command that prints the token, like: pass show drone",
}


class Welcome(App[Answer]):
    """Asks for one thing after the other."""

    TITLE = "buildwatch"
    CSS_PATH: ClassVar = ["welcome.tcss", "dialogs.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "one question back", id="first.back", priority=True),
        Binding("f2", "demo", "the demo instead", id="first.demo", priority=True),
        Binding("f1", "explain", "what this is, and its keys", id="first.help", priority=True),
        Binding("ctrl+q,ctrl+c", "quit", "leave", id="first.quit", priority=True),
    ]

    def __init__(self, settings: Settings) -> None:
        self._theming = Theming(settings)
        super().__init__()
        self._config = settings.file or settings.paths.config
        self.keymap: Keymap = resolve(settings.keymap)
        self.step = ADDRESS
        self.animation_level = "none"
        self._server = ServerSettings("", "", tokens.absent())
        self._greeting: Greeting | None = None
        self._token = ""
        self.register_theme(self._theming.first)
        self.theme = self._theming.first.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for themes that do not know them."""
        return self._theming.first.variables

    def compose(self) -> ComposeResult:
        """What was said so far, the line to type into or the list to choose from, the keys."""
        yield Label("buildwatch", id="head")
        with VerticalScroll(id="said"):
            yield Label("No server is configured yet. Which one shall be watched?", classes="ask")
        yield Label("", id="wrong")
        yield Input(placeholder=_HINTS[ADDRESS], id="line")
        yield OptionList(id="ways")
        of, first = self.keymap, ("esc", "f2", "f1", "ctrl+q")
        ids = ("first.back", "first.demo", "first.help", "first.quit")
        words = ("back", "the demo instead", "help", "leave")
        keys = [f"{of.first(key, id)}: {word}" for key, id, word in zip(first, ids, words, strict=True)]
        yield Label(Text("  ".join(["enter: go on", *keys])), id="keys")

    def on_mount(self) -> None:
        """Begin."""
        self.set_keymap(self.keymap.for_textual)
        said = self.query_one("#said")
        said.can_focus = False
        said.anchor()  # the question itself stays in sight, also on a screen that becomes lower
        self._ask(ADDRESS)

    # one question after the other

    def _ask(self, step: str, *said: tuple[str, str]) -> None:
        """Ask this; `said` are lines and their classes to stand above."""
        self.step = step
        self._add(*said)
        self._complain("")
        line, ways = self.query_one(Input), self.query_one(OptionList)
        line.display, ways.display = step != KEEP, step == KEEP
        if step == KEEP:
            ways.clear_options()
            ways.add_options(Option(Text(text), id=id) for id, text in self._ways())
            ways.highlighted = 0
            ways.focus()
        else:
            line.password = step == TOKEN
            line.placeholder, line.value, line.disabled = _HINTS[step], "", False
            line.focus()

    def _add(self, *said: tuple[str, str]) -> None:
        """Lines and their classes below what was said."""
        above = self.query_one("#said", VerticalScroll)
        above.mount(*(Label(Text(line), classes=kind) for line, kind in said))
        self.call_after_refresh(above.scroll_end, animate=False)

    def _ways(self) -> list[tuple[str, str]]:
        if self._config.exists():
            return [(ONCE, f"only this time ({self._config} is there and is not changed)")]
        beside = self._config.with_name("….token")
        return [
            (FILE, f"in a file that only you can read, beside {self._config} ({beside.name})"),
            (BY_COMMAND, f"a command prints it (pass, security, secret-tool, …), named in {self._config}"),
            (ONCE, "only this time"),
        ]

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        said = self.query_one("#wrong", Label)
        said.update(Text(sentence))
        said.set_class(not wrong, "busy")
        said.display = bool(sentence)

    def _complain(self, sentence: str) -> None:
        self._say(sentence, wrong=True)
        self.query_one(Input).disabled = False
        if sentence and self.step != KEEP:
            self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """An answer."""
        typed = event.value.strip()
        if not typed:
            return
        check = {ADDRESS: self._look_there, TOKEN: self._try_token, COMMAND: self._try_command}[self.step]
        self.query_one(Input).disabled = True
        self._say("asking …")
        self.run_worker(check(typed), exclusive=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Where the token is to be kept."""
        if event.option.id == BY_COMMAND:
            self._ask(COMMAND, ("A command prints it. Which?", "ask"))
        else:
            self.exit(Answer(event.option.id or ONCE, self._server.name, self._server.url, self._token))

    async def _look_there(self, typed: str) -> None:
        from buildwatch.sources.connect import address_of
        from buildwatch.sources.errors import SourceError
        from buildwatch.sources.greet import greet
        from buildwatch.sources.http import Http

        try:
            url = server_url(typed if "://" in typed else f"https://{typed}")
        except BadUrl as error:
            self._complain(f"the address {error}")
            return
        self._server = ServerSettings(host_of(url), url, tokens.absent())
        http = Http(address_of(self._server))
        try:
            self._greeting = await greet(http)
        except SourceError as error:
            self._complain(str(error))
            return
        finally:
            await http.close()
        self._ask(
            TOKEN,
            (url, "answer"),
            (self._greeting.words, "good"),
            ("With which token? Logged in there, you find yours at", "ask"),
            (self._greeting.token_page, "answer"),
        )

    async def _try_token(self, typed: str) -> None:
        if not (typed.isascii() and typed.isprintable()) or " " in typed:
            self._complain("that holds characters that no token has; paste the token alone")
            return
        who = await self._who(tokens.plain(typed))
        if who:
            self._token = typed
            self._ask(KEEP, (who, "good"), ("Where is the token to be kept?", "ask"))

    async def _try_command(self, typed: str) -> None:
        try:
            source = tokens.from_command(argv(typed, "the command", "here"))
        except ConfigError as error:
            self._complain(str(error))
            return
        if await self._who(source):
            self.exit(Answer(BY_COMMAND, self._server.name, self._server.url, command=typed))

    async def _who(self, source: tokens.TokenSource) -> str:
        """Whose token it is, in a sentence; empty where it is not accepted, which is then said."""
        from dataclasses import replace

        from buildwatch.sources.connect import connect
        from buildwatch.sources.errors import SourceError, Unauthorized

        server = connect(replace(self._server, token=source), ServerClock(), time.time)
        try:
            user = await server.user()
            repos = len(await server.repos())
        except Unauthorized as error:
            page = self._greeting.token_page if self._greeting is not None else self._server.url
            said = str(error) if source.key == "token_command" else "the server does not accept that token"
            self._complain(f"{said}; {page} shows the one it accepts")
        except SourceError as error:
            self._complain(str(error))
        else:
            return f"hello {user.login}: {repos} repo{'s' * (repos != 1)} to watch"
        finally:
            await server.close()
        return ""

    # keys

    async def action_back(self) -> None:
        """One question back."""
        self.workers.cancel_all()
        if self.step == ADDRESS:
            self._complain("")
            return
        before = {TOKEN: ADDRESS, KEEP: TOKEN, COMMAND: KEEP}[self.step]
        asked = {ADDRESS: "Which server, then?", TOKEN: "With which token?", KEEP: "Where is the token to be kept?"}
        self._ask(before, (asked[before], "ask"))

    def action_demo(self) -> None:
        """The demo instead."""
        self.exit(Answer(DEMO))

    def action_explain(self) -> None:
        """What this is, and its keys."""
        from buildwatch.tui.help import Help

        own = [(keys.of(one, self.keymap), one.description) for one in self.BINDINGS if isinstance(one, Binding)]
        told = [("enter", "go on with what was typed or chosen"), *own]
        self.push_screen(
            Help([("the first start", [("", line) for line in _EXPLAINED]), ("its keys", told)], self.keymap)
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is above the questions has keys of its own."""
        return len(self.screen_stack) == 1 or action == "quit"


_EXPLAINED: Final = (
    "buildwatch shows the builds of Drone (0.5 to 2.x) and Woodpecker servers as they happen.",
    "It needs a server's address and a token of yours, which lets it do there what you may do, and nothing else.",
    "Both can be given by DRONE_SERVER and DRONE_TOKEN, more servers in config.toml, which `buildwatch info` names.",
)
