"""What holds for every text: offsets slice, nothing overlaps, time grows in proportion."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.news.extraction import extract
from pipeline.news.lexicons import lexicon
from pipeline.news.officials import Roster
from pipeline.news.statements.quotes import quotes
from pipeline.news.statements.tokens import passage, plain
from tests.news.test_statements import article

EMPTY = Roster(())
WORDS = st.sampled_from(
    ["Budi", "Sari Dewanti", "kata", "ujarnya", "mengatakan", "bahwa", "menurut", "Presiden", "said", "he", "dan", ",",
     ".", '"', "“", "”", "'", "(", ")", ":", "\n", "\u00a0", "AS", "Moskow", "yang", "dia", "🦜", "שלום", "سلام", "-",
     "tidak akan", "‚Äú", "‚Äù", "oleh", "di", "mereka", "!", "«", "»", "\u200f"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=60).map("".join)
)


@settings(max_examples=150)
@given(TEXTS, TEXTS, st.sampled_from(["id", "en", "es", "ms", "ar", "und"]))
def test_offsets_slice_and_nothing_overlaps(body: str, title: str, language: str) -> None:
    given_article = article(body, title=title, standfirst=title, language=language)
    result = extract(given_article, EMPTY)
    ends: dict[str, int] = {}
    for one in result.statements:
        text = given_article.part(one.part)
        assert one.text == text[one.start : one.end] != ""
        assert one.start >= ends.get(one.part, 0)
        ends[one.part] = one.end
        assert 0 < one.confidence <= 1
        assert (one.speaker is None) == one.speaker_id.startswith("unknown:")
        if one.mention_start is not None:
            assert text[one.mention_start : one.mention_end] == (one.mention or "").removeprefix("-")
    for entity in result.entities:
        for mention in entity.mentions:
            assert given_article.part(mention.part)[mention.start : mention.end].strip()


@settings(max_examples=100)
@given(TEXTS)
def test_plain_text_has_the_length_of_the_raw(text: str) -> None:
    assert len(plain(text)) == len(text)


@settings(max_examples=100)
@given(TEXTS)
def test_quotations_do_not_cross(text: str) -> None:
    tokens = passage("body", text, lexicon("id"))
    for first, end in tokens.paragraphs:
        spans = quotes(tokens, first, end)
        assert all(first <= quote.opening < quote.closing <= end for quote in spans)
        assert all(a.closing <= b.opening for a, b in pairwise(spans))


@pytest.mark.parametrize(
    "unit",
    ['"', "'", "\n", "(", '"a b c d\n', '"Kami siap," kata Budi. ', "Budi mengatakan bahwa ", "Presiden ", ", kata X "],
)
def test_time_grows_in_proportion(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        extract(article(text), EMPTY)
        return time.process_time() - start

    seconds(2_000)
    assert seconds(160_000) < 12 * seconds(40_000) + 0.2


@pytest.mark.parametrize("unit", ['"', '"\n', '" ', "“”", "'\n\n", 'A"\n', "A'\n"])
def test_a_megabyte_of_marks(unit: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        extract(article(unit * (size // len(unit))), EMPTY)
        return time.process_time() - start

    assert seconds(1_000_000) < 30 * min(seconds(100_000) for _ in range(3)) + 0.1
