"""The canonical link of a page, and when it is not believed."""

import pytest

from pipeline.news.declared import declared_url

PAGE = '<html><head><link rel="stylesheet" href="/x.css"><link {}></head><body>...</body></html>'


@pytest.mark.parametrize(
    ("link", "given", "wanted"),
    [
        ('rel="canonical" href="https://kabar.example/a?id=1&amp;p=2"', None, "https://kabar.example/a?id=1&p=2"),
        ("href='/a' rel='canonical'", "https://www.kabar.example/b?utm_source=x", "https://www.kabar.example/a"),
        ("rel=canonical href=https://kabar.example/a", None, "https://kabar.example/a"),
        ('rel="canonical" href="https://kabar.example/"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="canonical" href="https://lain.example/a"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="canonical" href="javascript:alert(1)"', None, None),
        ('rel="canonical" href="http://[bad"', "https://kabar.example/b", "https://kabar.example/b"),
        ('rel="alternate" href="https://kabar.example/amp/a"', None, None),
    ],
)
def test_the_canonical_link(link: str, given: str | None, wanted: str | None) -> None:
    assert declared_url(PAGE.format(link).encode(), "text/html", given) == wanted


def test_a_text_copy_declares_nothing() -> None:
    text = b'<link rel="canonical" href="https://kabar.example/a">'
    assert declared_url(text, "text/plain", None) is None
