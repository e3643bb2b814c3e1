"""What people type and paste to mean a build."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildwatch.cli.address import Address, parse
from buildwatch.cli.errors import UserError

PLAIN = "https://drone.example.com"
PREFIX = "https://example.com/drone"
SERVERS = [PLAIN, "https://example.com", PREFIX, "http://localhost:8080"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("acme/gcd", Address("acme/gcd")),
        ("gcd", Address("gcd")),
        ("  acme/gcd ", Address("acme/gcd")),
        ("acme/gcd#12", Address("acme/gcd", 12)),
        ("gcd#12", Address("gcd", 12)),
        ("acme/gcd@latest", Address("acme/gcd", latest=True)),
        ("acme/gcd#12:test", Address("acme/gcd", 12, stage="test")),
        ("acme/gcd#12:linux/test", Address("acme/gcd", 12, stage="linux", step="test")),
        ("acme/gcd#12:1/2", Address("acme/gcd", 12, stage=1, step=2)),
        ("acme/gcd@latest:linux/2", Address("acme/gcd", latest=True, stage="linux", step=2)),
        ("acme/gcd:linux/test: all", Address("acme/gcd", stage="linux", step="test: all")),
        ("acme/gcd:linux/a/b", Address("acme/gcd", stage="linux", step="a/b")),
        ("acme/gcd:1st#2@3", Address("acme/gcd", stage="1st#2@3")),
        ("~ada/dot.file_s-1", Address("~ada/dot.file_s-1")),
        ("acme/2048#7", Address("acme/2048", 7)),
    ],
)
def test_typed(text: str, address: Address) -> None:
    assert parse(text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"{PLAIN}/acme/gcd", Address("acme/gcd", server=PLAIN)),
        (f"{PLAIN}/acme/gcd/12", Address("acme/gcd", 12, server=PLAIN)),
        (f"{PLAIN}/acme/gcd/12/", Address("acme/gcd", 12, server=PLAIN)),
        (f"{PLAIN}/acme/gcd/12/3", Address("acme/gcd", 12, stage=3, server=PLAIN)),
        (f"{PLAIN}/acme/gcd/12/1/2", Address("acme/gcd", 12, stage=1, step=2, server=PLAIN)),
        (f"{PLAIN}/acme/gcd/12/1/2?x=1#L7", Address("acme/gcd", 12, stage=1, step=2, server=PLAIN)),
        ("HTTPS://Drone.Example.com:443/acme/gcd/12", Address("acme/gcd", 12, server=PLAIN)),
        (f"{PREFIX}/acme/gcd/12/1/2", Address("acme/gcd", 12, stage=1, step=2, server=PREFIX)),
        ("https://example.com/acme/gcd/12", Address("acme/gcd", 12, server="https://example.com")),
        (f"{PLAIN}/acme/2048/12", Address("acme/2048", 12, server=PLAIN)),
        (f"{PLAIN}/12/13/14/15/16", Address("12/13", 14, stage=15, step=16, server=PLAIN)),
        (f"{PLAIN}/%7Eada/g%C3%A9ant/1", Address("~ada/géant", 1, server=PLAIN)),
        ("http://localhost:8080/acme/gcd/1", Address("acme/gcd", 1, server="http://localhost:8080")),
    ],
)
def test_pasted(text: str, address: Address) -> None:
    assert parse(text, SERVERS) == address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "names no repo"),
        ("#12", "names no repo"),
        (":test", "names no repo"),
        ("acme/", "names no repo"),
        ("/gcd", "names no repo"),
        ("a/b/c", "names no repo"),
        ("../etc#1", "names no repo"),
        ("acme/..", "names no repo"),
        ("acme/g cd", "names no repo"),
        ("acme/gcd#", '"#" is not a build; expected # and its number, or @latest'),
        ("acme/gcd#0", '"#0" is not a build'),
        ("acme/gcd#1x", '"#1x" is not a build'),
        ("acme/gcd#-1", '"#-1" is not a build'),
        ("acme/gcd#١", "is not a build"),
        ("acme/gcd#9999999999999999999", "is not a build"),
        ("acme/gcd@12", '"@12" is not a build'),
        ("acme/gcd#12@latest", '"#12@latest" is not a build'),
        ("acme/gcd:", '":" is not a place in a build'),
        ("acme/gcd:/test", "is not a place in a build"),
        ("acme/gcd:linux/", "is not a place in a build"),
        ("acme/gcd\x1b[2J", "holds a control character"),
        ("a" * 3000, "too long"),
        (f"{PLAIN}/acme", "not that of a build"),
        (f"{PLAIN}", "not that of a build"),
        (f"{PLAIN}/acme/gcd/settings", "not that of a build"),
        (f"{PLAIN}/acme/gcd/1/2/3/4", "not that of a build"),
        (f"{PLAIN}/../gcd/1", "not that of a build"),
        (f"{PLAIN}/a%2Fb/gcd/1", "not that of a build"),
        (f"{PLAIN}/a%1Bb/gcd/1", "not that of a build"),
        ("https://other.example.com/acme/gcd/1", "https://other.example.com/acme/gcd/1 is on no server"),
        ("https://drone.example.com.evil.org/acme/gcd/1", "is on no server"),
        ("https://me:hunter2@drone.example.com/acme/gcd/1", "must not hold a user or password"),
    ],
)
def test_what_is_no_address_is_told_with_what_is_expected(text: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, SERVERS)
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.status == 2


def test_a_web_address_without_any_server_says_so() -> None:
    with pytest.raises(UserError, match="is on no server of the configuration; there is none yet"):
        parse(f"{PLAIN}/acme/gcd/1")


hostile = st.text(alphabet=st.sampled_from("a1/#@:.%? \x00\x1b\n\u202e\ud800é٣[]&"), max_size=40) | st.text(max_size=60)


@given(text=hostile | hostile.map(f"{PLAIN}/".__add__) | hostile.map("https://".__add__))
@example(text="http://[")
@example(text="https://drone.example.com/a/b/" + "9" * 5000)
def test_whatever_is_typed_gives_an_address_or_one_safe_sentence(text: str) -> None:
    said = ""
    try:
        address = parse(text, SERVERS)
    except UserError as error:
        said = str(error)
    else:
        assert str(address).isprintable() or not text.isprintable()
        assert ".." not in address.repo.split("/")
        assert address.number is None or address.number > 0
    assert not any(char < " " or char == "\x7f" or char in "\u202e\ud800" for char in said)


names = st.from_regex(r"[a-z][a-z0-9._~-]{0,8}", fullmatch=True)
numbers = st.none() | st.integers(1, 10**9)
parts = st.none() | names | st.integers(1, 99)


@given(repo=st.builds("{}/{}".format, names, names), number=numbers, stage=parts, step=parts)
def test_what_an_address_prints_is_read_as_the_same(
    repo: str, number: int | None, stage: str | int | None, step: str | int | None
) -> None:
    address = Address(repo, number, number is None, stage, step if stage is not None else None)
    assert parse(str(address)) == address
