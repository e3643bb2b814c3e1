"""The table of keys as the file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildwatch.config import ConfigError, Settings, load


def loaded(folder: Path, text: str) -> Settings:
    file = folder / ".config/buildwatch/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return load(environ={"HOME": str(folder)})


def test_quoted_dotted_and_listed_keys_mean_the_same(tmp_path: Path) -> None:
    text = (
        '[keymap]\npreset = "vim"\n"app.quit" = "Q, f10"\nlog.error.next = ["f8", "n"]\napp.help = ""\nlog.fold = ","\n'
    )
    keymap = loaded(tmp_path, text).keymap
    assert keymap.preset == "vim"
    assert keymap.keys == {"app.quit": ("Q", "f10"), "log.error.next": ("f8", "n"), "app.help": (), "log.fold": (",",)}
    assert keymap.where.endswith("config.toml")
    assert str(keymap) == "vim, app.help, app.quit, log.error.next, log.fold"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[keymap]\npreset = "vi"', r'\[keymap\] preset must be "vim" or "emacs"; did you mean "vim"\?$'),
        ("[keymap]\npreset = 1", r'\[keymap\] preset must be "vim" or "emacs"$'),
        ("[keymap]\napp.quit = 1", r'\[keymap\] app\.quit must be keys like "Q", .*, or "" for none$'),
        ("[keymap]\napp.quit = [1]", r"\[keymap\] app\.quit must be keys like .*"),
        ('keymap = "vim"', r"keymap must be a table that begins with \[keymap\], not a text$"),
    ],
)
def test_a_fault_is_one_sentence(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        loaded(tmp_path, text)


def test_nothing_set_is_no_change(tmp_path: Path) -> None:
    keymap = loaded(tmp_path, "").keymap
    assert (keymap.preset, keymap.keys) == ("", {})
