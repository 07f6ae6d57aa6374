"""The links that a page declares, and when they are not believed."""

import pytest

from pipeline.news.declared import Declared, declared

PAGE = '<html><head><link rel="stylesheet" href="/x.css"><link {}></head><body>...</body></html>'


@pytest.mark.parametrize(
    ("link", "given", "wanted"),
    [
        ('rel="canonical" href="https://kabar.example/a?id=1&amp;p=2"', None, "https://kabar.example/a?id=1&p=2"),
        ("href='/a' rel='canonical'", "https://www.kabar.example/b?utm_source=x", "https://www.kabar.example/a"),
        ("rel=canonical href=https://kabar.example/a", None, "https://kabar.example/a"),
        ('rel="canonical" href="https://kabar.example/"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="canonical" href="https://kabar.example/"', None, None),
        ('rel="canonical" href="https://lain.example/a"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="canonical" href="javascript:alert(1)"', None, None),
        ('rel="canonical" href="http://[bad"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="alternate" href="https://kabar.example/amp/a"', None, None),
        ('rel="canonical" href="/a-1"', "https://kabar.example/a-1?page=2", "https://kabar.example/a-1?page=2"),
    ],
)
def test_the_canonical_link(link: str, given: str | None, wanted: str | None) -> None:
    assert declared(PAGE.format(link).encode(), "text/html", given).url == wanted


def test_the_other_urls_are_the_one_that_was_reached_and_the_amp_form() -> None:
    links = 'rel="canonical" href="/a-1"><link rel="amphtml" href="https://amp.kabar.example/x/a-1"'
    found = declared(PAGE.format(links).encode(), "text/html", "https://kabar.example/r/9")
    assert found == Declared(
        "https://kabar.example/a-1", ("https://kabar.example/r/9", "https://amp.kabar.example/x/a-1")
    )
    stray = PAGE.format('rel="amphtml" href="https://lain.example/a"').encode()
    assert declared(stray, "text/html", "https://kabar.example/a").others == ()


def test_a_text_copy_declares_nothing() -> None:
    text = b'<link rel="canonical" href="https://kabar.example/a">'
    assert declared(text, "text/plain", None) == Declared(None)
