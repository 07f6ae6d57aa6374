"""Dependency trees over our tokens, whatever a parser says."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.news.extraction import extract
from pipeline.news.lexicons import lexicon
from pipeline.news.officials import Roster
from pipeline.news.parse import Parse
from pipeline.news.statements.tokens import passage
from tests.news.test_statements import article

LABELS = [
    "nsubj",
    "ccomp",
    "ROOT",
    "conj",
    "appos",
    "relcl",
    "advcl",
    "mark",
    "dobj",
    "punct",
    "parataxis",
    "pobj",
    "xcomp",
]
TEXT = (
    "Anna Bell said that the minister adding who , . “ ” and but U.S. can't north-east told Reuters citing called "
    "accused it she Monday on ( ; : ‘ ’ |"
)
WORDS = st.sampled_from(TEXT.split())


def parse(text: str, cuts: list[int], heads: list[int], labels: list[str]) -> Parse:
    """A parser that cuts anywhere and lets anything depend on anything, in one tree a sentence or in circles."""
    bounds = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    spans = [(a, b) for a, b in pairwise(bounds) if text[a:b].strip()]
    size = len(spans)
    return Parse(
        [a for a, _ in spans],
        [b for _, b in spans],
        [heads[i % len(heads)] % size for i in range(size)],
        [labels[i % len(labels)] for i in range(size)],
    )


@settings(max_examples=200)
@given(
    st.lists(WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words).replace("|", "\n")),
    st.lists(st.integers(0, 400), max_size=60),
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
    st.lists(st.sampled_from(LABELS), min_size=1, max_size=20),
)
def test_any_parse_gives_statements_that_slice(text: str, cuts: list[int], heads: list[int], labels: list[str]) -> None:
    given_article = article(text, language="en")
    end = 0
    for one in extract(given_article, Roster(()), (), {"body": parse(text, cuts, heads, labels)}).statements:
        assert one.text == text[one.start : one.end] != ""
        assert one.start >= end
        end = one.end


def test_an_and_that_a_parse_takes_for_a_subject_is_nobody() -> None:
    text = "and can't Anna the minister"
    found = parse(text, [5, 6, 7, 8, 121, 199], [16, 0, 1], ["nsubj"])
    assert list(extract(article(text, language="en"), Roster(()), (), {"body": found}).statements) == []


def test_tokens_that_are_cut_otherwise_meet() -> None:
    text = "U.S. envoys can't wait"
    found = Parse([0, 5, 12, 14, 18], [4, 11, 14, 17, 22], [1, 4, 4, 4, 4], ["compound", "nsubj", "aux", "neg", "ROOT"])
    tokens = passage("body", text, lexicon("en"), found)
    assert tokens.words == ["U.S", ".", "envoys", "can't", "wait"]
    assert tokens.tree is not None
    assert tokens.tree.heads == [2, 0, 4, 4, 4]
    assert tokens.tree.labels == ["compound", "punct", "nsubj", "aux", "ROOT"]
    assert (tokens.tree.lefts[4], tokens.tree.rights[4]) == (0, 4)
