"""What serves a language is a setting, is loaded when it is first needed, and stays small."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from pipeline.errors import Misuse

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what spaCy's dependencies deprecate is not ours
    from pipeline.adapters import embeddings, models, open_port

ENGLISH = "Anna Bell said the bridge closed.\n\n  \nShe left\u00a0on Monday.  The end."
MEGABYTES_MAX = 700


def test_english_has_names_and_trees() -> None:
    reading = open_port("recogniser", "spacy:").read(ENGLISH, "en-GB")
    assert (0, 9, "person") in reading.names
    parse = reading.parse
    assert parse is not None
    words = [ENGLISH[start:end] for start, end in zip(parse.starts, parse.ends, strict=True)]
    assert words[:4] == ["Anna", "Bell", "said", "the"]
    assert all(word.strip() for word in words)
    said, closed = words.index("said"), words.index("closed")
    assert (parse.heads[1], parse.labels[1]) == (said, "nsubj")
    assert (parse.heads[closed], parse.labels[closed]) == (said, "ccomp")
    assert all(0 <= head < len(words) for head in parse.heads)
    assert words[parse.heads[words.index("Monday")]] == "on"


def test_indonesian_has_no_trees() -> None:
    assert open_port("recogniser", "spacy:").read("Joko Widodo tiba.", "id").parse is None


def test_only_what_is_needed_is_loaded() -> None:
    nlp = models.pipeline_of("en", models.MODELS["en"][-1])
    assert set(nlp.component_names) <= models.NEEDED


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("capacity", [embeddings.CAPACITY, 20, 3])
def test_what_is_remembered_changes_nothing(language: str, capacity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "CAPACITY", capacity)
    plain, remembering = (models.pipeline_of(language, models.MODELS[language][-1]) for _ in range(2))
    embeddings.remember_embeddings(remembering)
    for text in (
        "Anna Bell bertemu Joko Widodo di Jakarta.",
        "Anna Bell said the bridge in Jakarta closed.",
        "\u2014 ",
        "",
    ):
        for _ in range(2):
            one, other = plain(text), remembering(text)
            assert one.tensor == pytest.approx(other.tensor, abs=1e-4)
            assert [(e.start, e.end, e.label_) for e in one.ents] == [(e.start, e.end, e.label_) for e in other.ents]


@pytest.mark.parametrize("language", ["id", "en"])
def test_words_are_embedded_once(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = models.pipeline_of(language, models.MODELS[language][-1])
    embeddings.remember_embeddings(nlp)
    nlp("Anna Bell said it.")
    monkeypatch.setattr(embeddings._Tokens, "__init__", None)  # so that what is new fails
    nlp("Bell Anna said it.")
    with pytest.raises(TypeError):
        nlp("Anna said nothing.")


def test_a_setting_names_the_model_of_a_language() -> None:
    recogniser = open_port("recogniser", f"spacy:xx={models.MODELS['en'][-1]},yy=no_such_model")
    assert recogniser.read(ENGLISH, "xx").parse is not None
    with pytest.raises(Misuse, match="no_such_model cannot be loaded"):
        recogniser.read(ENGLISH, "yy")
    with pytest.raises(Misuse, match="spacy:de=de_core_news_sm"):
        open_port("recogniser", "spacy:de=")


def test_the_official_package_comes_first() -> None:
    assert models.MODELS["en"][0] == "en_core_web_sm"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says there how much memory was used")
def test_a_worker_with_both_languages_stays_small() -> None:
    program = (
        "from pathlib import Path; from pipeline.adapters import open_port; from agents import extract; "
        "from pipeline.news.language import language_of; language_of('x' * 50); "
        "models = open_port('recogniser', 'spacy:'); "
        "[models.read('Anna Bell said the bridge was closed. ' * 200, code) for code in ('id', 'en')]; "
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) / 1024 <= MEGABYTES_MAX
