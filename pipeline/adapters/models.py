"""Named-entity models of spaCy: one per language, loaded once per process, behind one function of text.

Indonesian comes with Pantau (pipeline/models/id_news_ner); any spaCy model with a component `ner` can serve
another language.
"""

import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Misuse
from schemas.article import EntityKind

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LOG = logging.getLogger("pantau.models")

Entity = tuple[int, int, EntityKind]  # codepoint offsets, person | organisation | place
Naming = Callable[[str], list[Entity]]

MODELS = {  # a folder, or the name of an installed package
    "id": str(Path(__file__).parents[1] / "models" / "id_news_ner"),
    "en": "en_core_web_sm",
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
NEEDED = {"tok2vec", "transformer", "ner"}
LONGEST_LINE = 100_000  # characters; a longer line is no prose and is read up to here


class SpacyRecogniser:
    """The models of all languages, each loaded with the first text in its language.

    `place`: a folder whose folders are models, named by language; they come before those in MODELS.
    """

    def __init__(self, place: Path | str = "") -> None:
        """Raises Misuse when `place` is no folder."""
        self._folder = Path(place) if place and Path(place) != Path() else None
        if self._folder and not self._folder.is_dir():
            raise Misuse(f"there is no folder of name models at {place}: write PANTAU_RECOGNISER as spacy:/folder")
        self._known: dict[str, Naming | None] = {}

    def names(self, text: str, language: str) -> list[Entity]:
        """The people, organisations and places; none in a language without a model. Raises Misuse when the model
        cannot be loaded that comes along or that stands in the folder.
        """
        code = re.split(r"[-_]", language.casefold(), maxsplit=1)[0]
        if code not in self._known:
            self._known[code] = self._of(code)
        naming = self._known[code]
        return naming(text) if naming else []

    def _of(self, code: str) -> Naming | None:
        own = self._folder / code if self._folder else None
        if own and own.is_dir():
            return load(code, str(own))
        try:
            return load(code)
        except Misuse as reason:
            if code == SHIPPED:
                raise
            LOG.info("names in %s are found by rules alone", code or "an unknown language", extra={"why": str(reason)})
            return None


class NoRecogniser:
    """No model: names are found by rules alone."""

    def __init__(self, place: Path | str = "") -> None:
        """`place` is what the URL says behind its scheme: nothing."""

    def names(self, text: str, language: str) -> list[Entity]:
        """None."""
        return []


@lru_cache(maxsize=8)
def load(language: str, model: str | None = None) -> Naming:
    """What names a language (ISO 639-1); `model` is a folder or a package and replaces the usual one.

    It reads line by line and finds nothing across line ends. Raises Misuse when spaCy or the model is not installed, or
    when nobody named a model for the language.
    """
    nlp = pipeline_of(language, model or MODELS.get(language))

    def entities(text: str) -> list[Entity]:
        lines = list(numbered(text))
        docs = nlp.pipe(line for _, line in lines)
        return [found for (start, _), doc in zip(lines, docs, strict=True) for found in named(doc, start)]

    return entities


def pipeline_of(language: str, model: str | None) -> "Language":
    """The spaCy pipeline with only what naming needs switched on; raises Misuse as `load` does."""
    if model is None:
        raise Misuse(f"No entity model is known for language {language!r}: name an installed spaCy model for it.")
    try:
        import spacy  # noqa: PLC0415  it takes a second and may not be installed
    except ImportError as error:
        raise Misuse("Finding names needs spaCy, which is not installed: pip install 'spacy>=3.8,<4'.") from error
    try:
        nlp = spacy.load(model)
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


def named(doc: "Doc", start: int) -> Iterator[Entity]:
    """The people, organisations and places of a line that begins at `start`."""
    for ent in doc.ents:
        if ent.label_ in LABELS:
            yield start + ent.start_char, start + ent.end_char, LABELS[ent.label_]
