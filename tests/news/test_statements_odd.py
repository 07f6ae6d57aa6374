"""Texts as they come from other systems: rare spaces, loose accents, other scripts, invisible marks, capitals."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.explain import LOOKS, _sections, _spans, _whole
from pipeline.cli.marked import html_page, terminal, visible
from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from pipeline.news.spans import Span
from schemas.statement import Statement
from tests.news.nasty import copy
from tests.news.test_statements import article, found

EMPTY = Roster(())
SAID = '"Kami siap bekerja hari ini," kata Gubernur Sari Dewanti.'
ACCENTS = '"Kami siap bekerja hari ini," kata Gubernur José Peña.'
ODD = {
    "no-break spaces": (SAID.replace(" ", "\u00a0"), "Sari Dewanti"),
    "narrow no-break spaces": (SAID.replace(" ", "\u202f"), "Sari Dewanti"),
    "loose accents": (unicodedata.normalize("NFD", ACCENTS), unicodedata.normalize("NFD", "José Peña")),
    "soft hyphens": (SAID.replace("Dewanti", "De\u00adwanti"), "Sari De\u00adwanti"),
    "marks of direction": ("\u200f" + SAID.replace(",", ",\u200f"), "Sari Dewanti"),
    "isolates": (f"\u2067{SAID}\u2069", "Sari Dewanti"),
    "invisible spaces": (f"\u200b{SAID}\ufeff", "Sari Dewanti"),
    "emoji": (SAID.replace("siap", "siap 👩\u200d🔧😀").replace("Dewanti", "Dewanti 🎉"), "Sari Dewanti"),
    "Hebrew": ('"שלום לכולם ותודה רבה," kata Gubernur Sari Dewanti.', "Sari Dewanti"),
    "Arabic": ('"السَّلامُ عليكم ورحمة الله," kata Gubernur Sari Dewanti.', "Sari Dewanti"),
    "quotes in quotes": ("“Dia bilang ‘kami siap’ kepada warga,” kata Gubernur Sari Dewanti.", "Sari Dewanti"),
    "lines of Windows": (f"Hujan turun.\r\n\r\n{SAID}\r\n", "Sari Dewanti"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_signs_hide_no_quotation(case: str) -> None:
    text, speaker = ODD[case]
    (one,) = found(text)
    assert (one.kind, one.speaker) == ("direct", speaker)
    assert text[one.start : one.end] == one.text
    assert one.text.split()[-1] in {"ini,", "רבה,", "الله,", "warga,"}


def test_capitals_hide_no_quotation() -> None:
    (one,) = found(SAID.upper())
    assert (one.kind, one.text) == ("direct", "KAMI SIAP BEKERJA HARI INI,")
    assert one.speaker is None or one.speaker.endswith("SARI DEWANTI")


@pytest.mark.parametrize("unit", ["“”", "„", "«»", "‘", "'\"", "’“«"])
@pytest.mark.parametrize("language", ["id", "en", "und"])
def test_a_megabyte_of_any_marks_takes_time_in_proportion(unit: str, language: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        extract(article(unit * (size // len(unit)), language=language), EMPTY)
        return time.process_time() - start

    seconds(1_000)
    tenth, whole = min(seconds(100_000) for _ in range(3)), seconds(1_000_000)
    assert whole < 30 * tenth + 0.1  # a machine that others use takes twice as long now and then


NAMES = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 30)), max_size=8)


@settings(max_examples=100)
@given(copy(), copy(), NAMES, st.sampled_from(["id", "en", "es", "und"]))
def test_pages_with_any_names_are_read_and_shown(
    body: str, title: str, names: list[tuple[int, int]], language: str
) -> None:
    given_article = article(body, title=title.split("\n", maxsplit=1)[0], language=language)
    spans, at = [], 0
    for start, length in names:  # as a model gives them: in order, without overlap
        at += start
        if at + length <= len(body):
            spans.append(Span("body", at, at + length, "person"))
        at += length
    result = extract(given_article, EMPTY, spans)
    _apart(result.statements)
    for entity in result.entities:
        assert all(given_article.part(m.part)[m.start : m.end].strip() for m in entity.mentions)
    whole = _whole(given_article)
    marks = _spans(whole, result)
    page = html_page("x", [], whole.text, marks, LOOKS, _sections(result))
    assert page.count("<script") == page.count("<b>") == 0
    shown = terminal(whole.text, marks, LOOKS).plain
    for line in filter(str.strip, whole.text.splitlines()):
        assert visible(line.rstrip()) in shown


def _apart(statements: tuple[Statement, ...]) -> None:
    """What one says ends before the next begins."""
    ends: dict[str, int] = {}
    for one in statements:
        assert ends.get(one.part, 0) <= one.start < one.end
        ends[one.part] = one.end
