import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.news.urls import article_id, believable, canonical_url, outlet, reduced

WORDS = st.text("abcXYZ019-_.~%é ü/", max_size=12)
QUERIES = st.lists(
    st.tuples(st.sampled_from(["id", "utm_source", "fbclid", "p", "q ä", "", "amp", "page"]), WORDS), max_size=4
)
URLS = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{host}{port}/{path}?" + "&".join(f"{k}={v}" for k, v in query),
    st.sampled_from(["http", "HTTPS"]),
    st.sampled_from(
        ["Warta.example", "www.kabar.example.id", "m.kabar.example.", "[2001:DB8::1]", "user@a.example", "bü.example",
         "a-example.cdn.ampproject.org", "www.google.com/amp/s"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    WORDS | st.lists(st.sampled_from(["amp", "print", "a-1", "index.html", "", "b.amp", "x.html.amp"])).map("/".join),
    QUERIES,
)  # fmt: skip
STORY = "https://warta.example/berita/judul-1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Warta.Example:443/A/b?utm_source=x&id=7#top", "https://warta.example/A/b?id=7"),
        ("http://warta.example", "https://warta.example/"),
        ("http://warta.example:8080/?fbclid=1", "https://warta.example:8080/"),
        ("https://warta.example/a/?b=2&a=1", "https://warta.example/a?b=2&a=1"),
        ("https://user:secret@warta.example/a", "https://warta.example/a"),
        ("https://warta.example/berita utama/é", "https://warta.example/berita%20utama/%C3%A9"),
        ("https://warta.example/%7ebudi/%c3%a9%", "https://warta.example/~budi/%C3%A9%25"),
        ("https://warta.example/%%34%31", "https://warta.example/%2541"),
        ("https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"),
        ("https://en.m.ensiklopedia.example/wiki/A", "https://en.ensiklopedia.example/wiki/A"),
        ("https://m.co.id/a", "https://m.co.id/a"),
        ("https://warta.example/print", "https://warta.example/print"),
        ("https://warta.example/tag/amp", "https://warta.example/tag/amp"),
        ("https://warta.example/index.php?page=1", "https://warta.example/?page=1"),
        (" mailto:a@warta.example ", "mailto:a@warta.example"),
        ("http://warta.example:99999999/", "http://warta.example:99999999/"),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "form",
    [
        "http://warta.example/berita/judul-1",
        "https://www.warta.example/berita/judul-1/",
        "https://m.warta.example/berita/judul-1?m=1",
        "https://amp.warta.example/berita/judul-1",
        "https://warta.example/amp/berita/judul-1",
        "https://warta.example/berita/judul-1/amp/",
        "https://warta.example/berita/judul-1.amp",
        "https://warta.example/berita/judul-1?amp",
        "https://warta.example/berita/judul-1?outputType=amp",
        "https://warta.example/berita/judul-1/print?utm_medium=a&amp;utm_source=b",
        "https://warta.example/berita/judul-1?print=1",
        "https://warta.example/berita/judul-1/index.html?page=all#komentar",
        "https://warta.example:443/berita/judul-1?page=1&gclid=x",
        "https://warta-example.cdn.ampproject.org/v/s/warta.example/berita/judul-1/amp?amp_js_v=0.1&usqp=mq",
        "https://cdn.ampproject.org/c/warta.example/amp/berita/judul-1",
        "https://www.google.co.id/amp/s/amp.warta.example/berita/judul-1",
    ],
)
def test_every_form_of_a_story_is_one_article(form: str) -> None:
    assert article_id(form, b"") == article_id(STORY, b"")
    assert outlet(form) == "warta.example"


@pytest.mark.parametrize(
    "other",
    [
        "https://warta.example/berita/judul-2",
        "https://warta.example/Berita/judul-1",
        "https://nasional.warta.example/berita/judul-1",
        "https://warta.example/berita/judul-1?page=2",
        "https://warta.example/berita/judul-1/2",
        "https://warta.example/berita/judul-1?id=1",
        "https://warta.example/berita/judul-1?p=1",
        "https://warta.example/berita/judul-1?view=komentar",
        "https://warta.example:8080/berita/judul-1",
    ],
)
def test_what_may_be_another_story_is_another_article(other: str) -> None:
    assert article_id(other, b"") != article_id(STORY, b"")


@given(URLS | st.text(max_size=40))
@example("http://a.example/%zz?\ud800=%ff")
@example("http://[::1/")
@example("https://cdn.ampproject.org/c/s/www.google.com/amp/s/a.example/a-1/amp")
def test_canonical_url_is_idempotent(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@given(
    st.sampled_from(["http://", "https://", "https://www.", "https://m.", "https://amp."]),
    st.integers(1, 99),
    st.sampled_from(["", "/", "/amp", "/print/", "/index.html"]),
    st.permutations([("id", "7"), ("utm_source", "x"), ("amp", "1"), ("page", "all")]).flatmap(
        lambda pairs: st.integers(0, 4).map(lambda count: [*pairs[:count], *[p for p in pairs[count:] if p[0] == "id"]])
    ),
)
def test_forms_collapse_and_numbers_do_not(start: str, number: int, tail: str, pairs: list[tuple[str, str]]) -> None:
    url = f"{start}warta.example/judul-{number}{tail}?" + "&".join("=".join(pair) for pair in pairs)
    assert canonical_url(url) == f"https://warta.example/judul-{number}?id=7"


@given(st.lists(st.text("ab12", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_two_ids_are_two_articles(ids: list[str]) -> None:
    for form in (
        "https://warta.example/baca?id={}",
        "https://warta.example/{}-judul/amp",
        "https://warta.example/?p={}",
    ):
        assert len({canonical_url(form.format(id)) for id in ids}) == len(ids)


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
        ("https://xn--bcher-kva.example/a", "bücher.example"),
        ("https://m.example/a", "m.example"),
        ("ftp://warta.example", None),
        ("not a url", None),
    ],
)
def test_outlet(url: str, expected: str | None) -> None:
    assert outlet(url) == expected


@pytest.mark.parametrize(
    ("declared", "given", "wanted"),
    [
        (STORY, "https://m.warta.example/b/99", True),
        (STORY, f"{STORY}?page=all", True),
        ("https://warta.example/berita/123456", "https://warta.example/berita/123456/judul", True),
        ("https://lain.example/berita/judul-1", STORY, False),
        ("https://warta.example/", STORY, False),
        ("https://warta.example/berita", STORY, False),
        ("https://warta.example/2026/03/09", "https://warta.example/2026/03/09/judul-1", False),
        (STORY, f"{STORY}?page=2", False),
        (f"{STORY}?page=2", f"{STORY}?page=2&fbclid=1", True),
        ("https://warta.example/a-b-c-judul", "https://warta.example/a-b-c-judul/3", False),
    ],
)
def test_which_declared_url_is_believed(declared: str, given: str, wanted: bool) -> None:
    assert believable(declared, given) is wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (STORY, False),
        (f"{STORY}/print", True),
        (f"{STORY}?amp", True),
        ("https://amp.warta.example/berita/judul-1", True),
        ("https://warta-example.cdn.ampproject.org/c/s/warta.example/berita/judul-1", True),
        ("https://m.warta.example/print/judul-1", False),
        ("https://warta.example/tag/amp", False),
    ],
)
def test_which_forms_may_leave_something_out(url: str, wanted: bool) -> None:
    assert reduced(url) is wanted
