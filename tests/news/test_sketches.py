import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.news import duplicates, sketches, words
from pipeline.news.duplicates import Root
from schemas.article import Article, Link, Span
from tests.invented import article, prose

LETTERS = st.one_of(
    st.characters(), st.characters(max_codepoint=0x2FF), st.sampled_from("aé ’“”×÷µªºŁşı…— .,İßﬁΣς가가ｶﾞ一ไก่")
)


@settings(max_examples=300)
@given(st.text(LETTERS))
@example("Łódź “naïve” café 3×4 ﬁn İstanbul ΟΔΟΣ 가 北方議會 กินข้าว")
def test_the_fast_way_gives_the_same_words(text: str) -> None:
    assert words.encoded_words(text) == [word.encode("utf-8", "surrogatepass") for word in words.words(text)]


@settings(max_examples=300)
@given(st.text(LETTERS))
@example("Łódź “naïve” café 3×4 ﬁn İstanbul ΟΔΟΣ 가 北方議會 กินข้าว ¼ ㎏")
def test_each_word_stands_where_it_is_said_to(text: str) -> None:
    located = words.located(text)
    assert len(located) == len(words.words(text))
    for (start, end), word in zip(located, words.words(text)):
        assert 0 <= start < end <= len(text)
        assert word in unicodedata.normalize("NFKC", text[start:end]).lower() or "Σ" in text[start:end]


def test_words_are_located_without_the_marks_around_them() -> None:
    text = "“Katanya”, ujar Ana\u00a0Lima… di Łódź"
    assert [text[start:end] for start, end in words.located(text)] == ["Katanya", "ujar", "Ana", "Lima", "di", "Łódź"]


@given(st.lists(st.integers(0, 2**16 - 1)))
def test_packed_hashes_come_back(numbers: list[int]) -> None:
    assert sketches.unpack(sketches.pack(numbers)) == numbers


@pytest.mark.parametrize("size", [200, 600, 3_000, 60_000])
def test_samples_of_texts_of_different_length_tell_what_they_share(size: int) -> None:
    part = prose(1, 180)
    small, large = (sketches.read(article("a", text)).sketch for text in (part, part + " " + prose(2, size)))
    both = sketches.overlap(small, large)
    assert len(both.common) >= 0.9 * both.mine
    assert sketches.overlap(large, small)[:2] == (both.theirs, both.mine)
    strange = sketches.overlap(sketches.read(article("a", prose(3, 180))).sketch, large)
    assert len(strange.common) <= max(2, 0.1 * strange.mine)


@settings(max_examples=60)
@given(st.integers(0, 5), st.integers(1, 4_000), st.integers(0, 5), st.integers(0, 4_000), st.integers(0, 4_000))
@example(1, 3_000, 2, 0, 200)
@example(1, 200, 2, 3_000, 200)
def test_a_sieve_lets_through_what_shares_enough(one: int, mine: int, other: int, strange: int, shared: int) -> None:
    reading = sketches.read(article("a", prose(one, mine)))
    theirs = sketches.read(article("a", prose(one, shared) + " " + prose(other, strange))).sketch
    both = sketches.overlap(reading.sketch, theirs)
    containment = len(both.common) / max(1, min(both[:2]))
    most = reading.sieve.at_most(theirs.halved, sketches.pack(theirs.hashes))
    assert containment <= most or both.mine < 20
    assert most <= containment + 0.1 or both.mine < 40, "of few hashes one that is taken for another weighs much"


def link(later: Article, earlier: Article) -> Link:
    known = duplicates.known(earlier, sketches.read(earlier), Root(earlier.seen_at, earlier.article_id), ())
    reading = sketches.read(later)
    match = duplicates.compare(later, reading, known)
    assert match is not None
    (found,) = duplicates.links(later, reading, [match])
    return found


CHANCE = 60
"""Codepoints that a passage may be too long: short hashes of a few words agree by chance."""


@settings(max_examples=40)
@given(st.integers(0, 9), st.integers(0, 60), st.integers(1, 60), st.integers(120, 200), st.integers(0, 700))
def test_passages_are_what_was_taken_over(seed: int, before: int, after: int, taken: int, more: int) -> None:
    part = prose(seed, taken)
    head, tail = prose(100, before), prose(101, after)
    text = f"{head} “{part}” {tail}"
    found = link(article("later", text), article("source", part + "\n" + prose(102, more)))
    start = text.index(part)
    true = set(range(start, start + len(part)))
    told = {place for span in found.passages for place in range(span.start, span.end)}
    assert len(told - true) <= CHANCE
    assert len(told & true) >= 0.7 * len(true)
    assert found.share == pytest.approx(len(told) / len(text), abs=0.001)


def test_an_edit_ends_a_passage() -> None:
    source = prose(1, 200).split()
    edited = [*source[:100], "seratus", "kata", "lain", *source[103:]]
    text = " ".join(edited)
    found = link(article("later", text), article("source", " ".join(source)))
    assert [text[span.start : span.end] for span in found.passages] == [" ".join(edited[:100]), " ".join(edited[103:])]


def test_the_same_text_is_one_passage() -> None:
    text = prose(1)
    found = link(article("later", text.upper()), article("source", text))
    assert (found.relation, found.share, found.passages) == ("exact", 1.0, (Span(0, len(text)),))


def test_words_of_the_title_are_no_part_of_a_passage() -> None:
    body = "Jembatan itu diresmikan pagi tadi oleh gubernur dan dibuka untuk umum."
    later = article("later", body + " Lagi.", title="Gubernur meresmikan jembatan baru di kota")
    found = link(later, article("source", body, title="Gubernur meresmikan jembatan baru di kota"))
    assert [later.text[span.start : span.end] for span in found.passages] == [body.rstrip(".")]


@pytest.mark.parametrize(
    ("language", "text", "before"),
    [
        (
            "zh",
            "北方议会周一批准了新的渔业法案，要求所有渔船在出海前登记船员名单并公布捕捞配额，部长表示该法案将于秋季生效。",
            "据报道，",
        ),
        (
            "ja",
            "北部の議会は月曜日に新しい漁業法案を可決し、すべての漁船に出港前の乗組員名簿の登録を義務づけた。",
            "共同によると、",
        ),
        (
            "th",
            "สภาภาคเหนืออนุมัติร่างกฎหมายประมงฉบับใหม่เมื่อวันจันทร์ โดยกำหนดให้เรือทุกลำต้องลงทะเบียนรายชื่อลูกเรือก่อนออกทะเล",
            "รายงานข่าวแจ้งว่า ",
        ),
    ],
)
def test_scripts_without_spaces_are_compared_by_letters(language: str, text: str, before: str) -> None:
    later = article("later", before + text, language=language)
    found = link(later, article("source", text, language=language))
    assert found.relation == "copy"
    (span,) = found.passages
    assert len(before) <= span.start <= len(before) + 1
    assert text.rstrip("。").endswith(later.text[span.start : span.end][-10:])
    unrelated = article("other", text[::-1], language=language)
    assert not set(sketches.read(later).postings) & set(sketches.read(unrelated).postings)
