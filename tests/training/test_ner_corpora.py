"""What the name model learns from: print made of tokens, nothing that is held out, templates, headlines, silver."""

import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what spaCy's dependencies deprecate is not ours
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from pipeline.evaluation import conll
    from pipeline.evaluation.conll import Sentence
    from pipeline.evaluation.mentions import Mention
    from pipeline.training.ner import annotated, headlines, silver, templates


def names(sentence: Sentence) -> list[tuple[str, str]]:
    return [(sentence.text[mention.start : mention.end], mention.label) for mention in sentence.mentions]


def test_columns_become_print_with_mentions(tmp_path: Path) -> None:
    rows = [
        "Badan B-ORGANISATION",
        "Uji I-ORGANISATION",
        "(BU) I-ORGANISATION",
        "di O",
        "Kota B-PLACE",
        "Anyar I-PLACE",
        ". O",
    ]
    file = tmp_path / "set.txt"
    file.write_bytes("\r\n".join([*rows, "", "Ya\tPART\tO", ""]).encode())
    first, second = conll.read(file)
    assert first.text == "Badan Uji (BU) di Kota Anyar."
    assert names(first) == [("Badan Uji", "ORG"), ("BU", "ORG"), ("Kota Anyar", "LOC")]
    assert second == Sentence("Ya")


def test_quotes_and_hyphens_touch_their_words() -> None:
    forms = ["Rusia", "-", "Ukraina", ",", '"', "Ya", ",", '"', "kata", "Dewi", "."]
    assert conll.printed([(form, "O") for form in forms]).text == 'Rusia-Ukraina, "Ya," kata Dewi.'


def test_nothing_held_out_or_repeated_is_learnt() -> None:
    held = [Sentence("Bupati Rano tiba di Kota Anyar.")]
    learnt = [
        Sentence("bupati Rano tiba di Kota Anyar"),
        Sentence("Harga cabai naik lagi."),
        Sentence("Harga cabai naik, lagi"),
    ]
    assert [sentence.text for sentence in annotated.fresh(learnt, held)] == ["Harga cabai naik lagi."]


@given(st.integers(0, 10_000), st.sampled_from(["sentences", "lines"]))
def test_templates_mention_names_whole(seed: int, kind: str) -> None:
    (sentence,) = templates.sentences(1, seed, kind)
    assert "{" not in sentence.text
    assert sentence == next(templates.sentences(1, seed, kind))
    ends = [0, *(mention.end for mention in sentence.mentions)]
    assert all(end <= mention.start < mention.end for end, mention in zip(ends, sentence.mentions, strict=False))
    assert all(name == name.strip() and name for name, _ in names(sentence))


@given(st.integers(0, 10_000))
def test_headlines_keep_names(seed: int) -> None:
    (sentence,) = templates.sentences(1, seed)
    made = headlines.headline(sentence)
    assert [name.lower() for name, _ in names(made)] == [name.lower() for name, _ in names(sentence)]


def test_a_headline_has_capitals_and_no_full_stop() -> None:
    plain = Sentence("Bupati Rano tiba di Kota Anyar untuk rapat.", (Mention(7, 11, "PER"), Mention(20, 30, "LOC")))
    made = headlines.headline(plain)
    assert made.text == "Bupati Rano Tiba di Kota Anyar untuk Rapat"
    assert names(made) == [("Rano", "PER"), ("Kota Anyar", "LOC")]


def test_one_article_gives_a_name_one_label() -> None:
    def seen(label: str) -> Sentence:
        return Sentence("Rano tiba.", (Mention(0, 4, label),))

    assert silver.one_sense([seen("PER"), seen("PER"), seen("PER"), seen("ORG")]) == [seen("PER")] * 4
    assert silver.one_sense([seen("PER"), seen("ORG")]) == []


def test_damaged_sentences_are_not_labelled() -> None:
    damaged, whole = "Anggota dewan , mengatakan harga beras naik.", "Bupati Rano mengatakan harga beras sudah naik."
    assert silver.sentences_of(f"{damaged}\n{whole}") == [whole]
