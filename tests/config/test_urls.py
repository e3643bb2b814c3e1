"""Addresses as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config.urls import BadUrl, host_of, proxy_url, server_url, without_user
from buildwatch.text import clean


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://drone.example.com", "https://drone.example.com"),
        ("https://drone.example.com/", "https://drone.example.com"),
        ("HTTPS://Drone.Example.Com:443//", "https://drone.example.com"),
        ("http://drone.example.com:80/ci/", "http://drone.example.com/ci"),
        ("https://drone.example.com:80/CI", "https://drone.example.com:80/CI"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://127.0.0.1:18085", "http://127.0.0.1:18085"),
    ],
)
def test_one_address_is_written_one_way(text: str, url: str) -> None:
    assert server_url(text) == url
    assert server_url(url) == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no scheme"),
        ("drone.example.com", "has no scheme"),
        ("localhost:8080", "has no scheme"),
        ("ftp://drone.example.com", "begins with ftp://; expected http or https"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://drone.example.com:port", "is not an address"),
        ("https://drone.example.com:70000", "is not an address"),
        ("https://[::1", "is not an address"),
        ("https://drone.example.com/\n", "a space or a control character"),
        ("https://drone.exam ple.com", "a space or a control character"),
        ("https://drone\u202e.example.com", "a space or a control character"),
        ("https://drone.example.com/?x=1", "must end before any ? or #"),
        ("https://drone.example.com/#/", "must end before any ? or #"),
    ],
)
def test_other_things_are_refused_with_what_is_expected(text: str, expected: str) -> None:
    with pytest.raises(BadUrl) as caught:
        server_url(text)
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "https://me:hunter2@drone.example.com",
        "https://me:hunter2/x@drone.example.com",
        "https://me:hunter2@drone.example.com:port",
        "me:hunter2@drone.example.com",
        "https://hunter2@[::1",
        "ssh://me:hunter2@drone.example.com",
    ],
)
def test_a_password_in_an_address_is_refused_without_being_printed(text: str) -> None:
    with pytest.raises(BadUrl) as caught:
        server_url(text)
    assert "hunter2" not in str(caught.value)


def test_a_proxy_may_have_a_password_that_is_not_shown() -> None:
    assert proxy_url("http://me:hunter2@proxy:3128") == "http://me:hunter2@proxy:3128"
    assert without_user("http://me:hunter2@proxy:3128") == "http://proxy:3128"
    assert without_user("socks5://proxy:1080") == "socks5://proxy:1080"


@given(st.text(max_size=60) | st.text(max_size=40).map("https://{}".format) | st.from_regex(r"https?://[^a-z]{,20}"))
def test_any_text_gives_an_address_that_stays_as_it_is_or_a_sentence(text: str) -> None:
    said = ""
    try:
        url = server_url(text)
    except BadUrl as error:
        said = str(error)
    else:
        assert server_url(url) == url
        assert url.isprintable()
        assert host_of(url)
    assert said == clean(said)
