"""The shipped Indonesian model still scores on IDNER's test what its card says. Needs ../shared/data and spaCy."""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MODEL = ROOT / "pipeline" / "models" / "id_news_ner"
TOLERANCE = 0.005  # of F, for other versions of numpy and spaCy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what spaCy's dependencies deprecate is not ours
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from pipeline.adapters import models, open_port
    from pipeline.errors import Misuse
    from pipeline.evaluation import conll
    from pipeline.evaluation.mentions import Mention, compare
    from pipeline.news.parse import UNREAD

NAMES = {"person": "PER", "organisation": "ORG", "place": "LOC"}
needs_data = pytest.mark.skipif(not (DATA / "ner").is_dir(), reason="the annotated sets are not at ../shared/data/ner")


@pytest.fixture(scope="module")
def entities() -> models.Reader:
    return models.load("id")


def found(entities: models.Reader, text: str) -> list[tuple[str, str]]:
    return [(text[start:end], kind) for start, end, kind in entities(text).names]


@needs_data
def test_f_is_what_the_card_says(entities: models.Reader, record_property: Callable[[str, object], None]) -> None:
    sentences = conll.read(DATA / "ner" / "idner" / "test.txt")
    began = time.perf_counter()
    guesses = [
        tuple(Mention(start, end, NAMES[kind]) for start, end, kind in entities(sentence.text).names)
        for sentence in sentences
    ]
    record_property("sentences_per_second", round(len(sentences) / (time.perf_counter() - began)))
    scores = compare([sentence.mentions for sentence in sentences], guesses)
    published = json.loads((MODEL / "meta.json").read_text(encoding="utf-8"))["performance"]
    assert scores[""].f >= published["ents_f"] - TOLERANCE
    for label, figures in published["ents_per_type"].items():
        assert scores[label].f >= figures["f"] - 4 * TOLERANCE


@needs_data
def test_speed_is_reported(entities: models.Reader, record_property: Callable[[str, object], None]) -> None:
    text = "\n".join(sentence.text for sentence in conll.read(DATA / "ner" / "nerui_test_01.tsv"))
    began = time.perf_counter()
    assert entities(text).names
    record_property("words_per_second", round(len(text.split()) / (time.perf_counter() - began)))


def test_office_country_and_name_are_apart(entities: models.Reader) -> None:
    assert found(entities, "Presiden Ukraina Volodymyr Zelensky mengatakan situasi di Kyiv masih tegang.") == [
        ("Ukraina", "place"),
        ("Volodymyr Zelensky", "person"),
        ("Kyiv", "place"),
    ]


def test_offsets_hold_over_lines_and_no_break_spaces(entities: models.Reader) -> None:
    text = (
        "\n\nMenteri Luar Negeri Rusia\u00a0Sergei Lavrov tiba di Jakarta.\n  \nSekjen NATO Jens Stoltenberg menolak.\n"
    )
    names = [name for name, _ in found(entities, text)]
    assert "Sergei Lavrov" in names
    assert "Jens Stoltenberg" in names
    assert entities("") == UNREAD


def test_model_is_loaded_once() -> None:
    assert models.load("id") is models.load("id")


def test_unknown_language_names_the_cure() -> None:
    with pytest.raises(Misuse, match="name an installed spaCy model"):
        models.load("xx")


def test_missing_model_names_the_cure() -> None:
    with pytest.raises(Misuse, match="install it"):
        models.load("id", "no_such_model")


def test_missing_spacy_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(Misuse, match="pip install"):
        models.pipeline_of("id", models.MODELS["id"][0])


def test_card_and_meta_name_their_sources() -> None:
    meta = json.loads((MODEL / "meta.json").read_text(encoding="utf-8"))
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for source in meta["sources"]:
        assert source["name"] in card
        assert source["name"] in notice
    assert {"IDNER-news-2k", "NERGrit", "NERUI", "CLICK-ID"} <= {source["name"] for source in meta["sources"]}
    assert sum(file.stat().st_size for file in MODEL.rglob("*") if file.is_file()) <= 30e6


def test_the_port_serves_the_language_of_a_tag_and_is_silent_in_others(caplog: pytest.LogCaptureFixture) -> None:
    recogniser = open_port("recogniser", "spacy:")
    text = "Presiden Joko Widodo tiba."
    with caplog.at_level("INFO", "pantau.models"):
        assert [text[a:b] for a, b, kind in recogniser.read(text, "id-ID").names if kind == "person"] == ["Joko Widodo"]
        assert recogniser.read("Der Kanzler sprach in Berlin.", "de") == UNREAD
        assert recogniser.read("Der Kanzler sprach in Bonn.", "de") == UNREAD
    assert len(caplog.records) == 1, "a language without a model is reported once"


def test_models_in_a_folder_come_first(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no folder"):
        open_port("recogniser", f"spacy:{tmp_path}/none")
    (tmp_path / "xx").symlink_to(MODEL)
    assert open_port("recogniser", f"spacy:{tmp_path}").read("Joko Widodo tiba.", "xx").names == [(0, 11, "person")]


def test_none_finds_nothing() -> None:
    assert open_port("recogniser", "none:").read("Presiden Joko Widodo tiba.", "id") == UNREAD
