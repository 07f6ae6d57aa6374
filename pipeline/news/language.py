"""The language of a text."""

import re
from functools import cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = "und"
"""ISO 639-2 for undetermined."""

_LETTERS_MIN = 40
"""Letters below which the model is not asked; one sign of a script without spaces counts for three."""
_READ = 1000
"""Codepoints that are read: 1,500 give the same language for all of 1,000 Indonesian articles and 261 in nine languages
(600 differ in two), but take a third longer."""
_SURE = 0.9
_RANKED = 5
_SURELY = 0.99
"""For one paragraph against the language of its article, which is the right one nearly always."""
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi", "nb": "no", "nn": "no", "fil": "tl"}
_CONFUSED = {"ms": "id", "jv": "id", "su": "id"}
"""A text that looks Malay or Javanese is Indonesian where sender or page say so: their vocabularies overlap."""
_NOT_LANGUAGES = frozenset(("eo", "la", "vo", "zxx"))


def language_of(text: str, *, hint: str | None = None, page: str | None = None) -> str:
    """ISO 639-1 code. `hint` is the sender's word and wins; `page` is the page's lang attribute, which is often that of
    its template: it decides short texts and doubtful cases only.
    """
    said, marked = code(hint), code(page)
    if said:
        return said
    sample = text[:_READ]
    if len(_LETTER.findall(sample)) + 2 * len(_DENSE.findall(sample)) < _LETTERS_MIN:
        return marked or UNKNOWN
    best, sure = _identifier().classify(sample)
    if marked and (marked == _CONFUSED.get(best) or sure < _SURE):
        return marked
    return _OLD_CODES.get(best, str(best))


def surely_other(text: str, language: str) -> str | None:
    """The language of a stretch of an article in `language`, None where that may be it. Close ones count as one."""
    likely: dict[str, float] = {}
    for label, share in _identifier().rank(text[:_READ])[:_RANKED]:
        found = _close(_OLD_CODES.get(label, str(label)))
        likely[found] = likely.get(found, 0.0) + float(share)
    best = max(likely, key=lambda name: likely[name])
    return best if likely[best] >= _SURELY and best != _close(language) else None


def _close(language: str) -> str:
    return _CONFUSED.get(language, language)


def code(tag: str | None) -> str | None:
    """The primary subtag of a language tag ("id-ID" -> "id"), None when it is none."""
    match = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*", (tag or "").strip())
    found = match[1].lower() if match else None
    return None if found in (None, UNKNOWN) else _OLD_CODES.get(str(found), found)


_LETTER = re.compile(r"[^\W\d_]")
_DENSE = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _identifier() -> LanguageIdentifier:
    """The model, restricted to living languages with a code of two letters; half a second, once per process.

    A restricted table is laid out by language, but is read by feature: laid out anew, it answers in two thirds of the
    time, the same to the last bit.
    """
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([name for name in identifier.labels if len(name) == 2 and name not in _NOT_LANGUAGES])
    identifier.nb_ptc = np.ascontiguousarray(identifier.nb_ptc)
    return identifier
