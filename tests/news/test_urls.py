import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.news.urls import article_id, canonical_url, outlet

WORDS = st.text("abcXYZ019-_.~%é ü/", max_size=12)
QUERIES = st.lists(st.tuples(st.sampled_from(["id", "utm_source", "fbclid", "p", "q ä", ""]), WORDS), max_size=4)
URLS = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{host}{port}/{path}?" + "&".join(f"{k}={v}" for k, v in query),
    st.sampled_from(["http", "HTTPS"]),
    st.sampled_from(["Warta.example", "www.kabar.example.id", "m.kabar.example.", "[2001:DB8::1]", "user@a.example"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    WORDS,
    QUERIES,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Warta.Example:443/A/b?utm_source=x&id=7#top", "https://warta.example/A/b?id=7"),
        ("http://warta.example", "http://warta.example/"),
        ("http://warta.example:8080/?fbclid=1", "http://warta.example:8080/"),
        ("https://warta.example/a/?b=2&a=1", "https://warta.example/a/?b=2&a=1"),
        ("https://user:secret@warta.example/a", "https://warta.example/a"),
        ("https://m.warta.example/amp/a", "https://m.warta.example/amp/a"),
        ("https://warta.example/berita utama/é", "https://warta.example/berita%20utama/%C3%A9"),
        (" mailto:a@warta.example ", "mailto:a@warta.example"),
        ("http://warta.example:99999999/", "http://warta.example:99999999/"),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(URLS | st.text(max_size=40))
@example("http://a.example/%zz?\ud800=%ff")
@example("http://[::1/")
def test_canonical_url_is_idempotent(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


def test_article_id_is_one_per_canonical_url() -> None:
    plain = article_id("https://warta.example/a", b"one")
    assert article_id("https://Warta.example/a?utm_medium=rss#x", b"two") == plain
    assert article_id("https://warta.example/b", b"one") != plain


@given(st.none() | st.text(max_size=30), st.binary(max_size=30))
def test_article_id_is_hexadecimal(url: str | None, content: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{20}", article_id(url, content))


def test_article_id_without_url_is_of_the_content() -> None:
    assert article_id(None, b"one") == article_id(" ", b"one")
    assert article_id(None, b"one") != article_id(None, b"two")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Warta.example/a", "warta.example"),
        ("https://amp.m.warta.example:8443/a", "warta.example"),
        ("https://news.warta.example.id./a", "news.warta.example.id"),
        ("https://m.example/a", "m.example"),
        ("ftp://warta.example", None),
        ("not a url", None),
    ],
)
def test_outlet(url: str, expected: str | None) -> None:
    assert outlet(url) == expected
