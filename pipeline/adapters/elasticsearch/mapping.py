"""What an index of a family looks like, derived from the declaration in schemas.documents.

The fields of a document are mapped for people and for Kibana: prose by Elasticsearch's own standard analysis, names as
text with a subfield `keyword`, dates as dates. Pantau itself searches in the object `search`, which is built by
`pipeline.news.queries.words` like the words of every other backend, so that a query and the predicate of a watch mean
the same everywhere. It is indexed and not kept in `_source`.

    search.at           what "newest" sorts by, in microseconds since 1970
    search.filled       the names of the fields that have a value
    search.moments.F    a date to the microsecond (Elasticsearch's own dates know milliseconds)
    search.words.F      the words of a text or name, one space between two; search.words.rest those of all but `text`
    search.stems.F      the stems of a text with their language ("id·bicara"); search.stems.rest of all but `text`
"""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec

from pipeline.news.queries.dates import microseconds
from pipeline.news.queries.predicate import row
from pipeline.news.queries.tree import FIELDS
from pipeline.news.queries.words import stems
from pipeline.news.queries.words import words as words_of
from schemas.documents import FAMILIES, AlertDocument, Document, FieldKind

BODY = "text"
"""The longest field of every family. All others are searched together in search.words.rest."""
GAP_WORD = "¶"
"""What stands between two values of a field. It is dropped by the analysis and leaves its place empty."""
FIELD_GAP = 200
"""Empty places between two fields in search.words.rest: more than a query can ask for ("..."~100)."""
LONGEST_WORD = 1_000
"""Codepoints of a word that count; Lucene takes 32,766 bytes."""
LONGEST_VALUE = 8_191
"""Codepoints up to which a value can be filtered and counted: 32,766 bytes at four bytes each."""
PRIORITY = 200
"""Above the templates that Elasticsearch brings along, which use 100."""
ANALYSIS = 1
"""Counted up whenever the analysis of words changes what is written."""

_ENCODER = msgspec.json.Encoder()
_KEYWORD = {"type": "keyword", "ignore_above": LONGEST_VALUE}
_PROSE = {"type": "text", "norms": False}
_KINDS: dict[FieldKind, dict[str, Any]] = {
    "text": _PROSE,
    "name": _PROSE | {"fields": {"keyword": _KEYWORD}},
    "keyword": _KEYWORD,
    "date": {"type": "date", "format": "strict_date_optional_time"},
    "number": {"type": "double"},
    "flag": {"type": "boolean"},
}
_WORDS = _PROSE | {"analyzer": "pantau_words"}
_STEMS = _PROSE | {"analyzer": "whitespace", "index_options": "docs"}


@cache
def named(family: str, *kinds: FieldKind) -> tuple[str, ...]:
    """The fields of a family of these kinds."""
    return tuple(name for name, field in FIELDS[family].items() if field.kind in kinds)


def mappings(family: str) -> dict[str, Any]:
    """The mapping of a family. Fields that it does not name are refused by Elasticsearch."""
    properties = {name: _KINDS[field.kind] for name, field in FIELDS[family].items()}
    return {
        "dynamic": "strict",
        "_meta": {"pantau": version(family)},
        "_source": {"excludes": ["search"]},
        "properties": properties | {"search": {"properties": _search(family)}},
    }


def _search(family: str) -> dict[str, Any]:
    rest = _WORDS | {"position_increment_gap": FIELD_GAP}
    texts = named(family, "text")
    return {
        "at": {"type": "long"},
        "filled": {"type": "keyword", "doc_values": False},
        "moments": {"properties": {name: {"type": "long"} for name in named(family, "date")}},
        "words": {"properties": dict.fromkeys(named(family, "text", "name"), _WORDS) | {"rest": rest}},
        "stems": {"properties": dict.fromkeys((*texts, "rest"), _STEMS)},
    }


def settings() -> dict[str, Any]:
    """The analysis that the mappings need."""
    return {
        "analysis": {
            "analyzer": {
                "pantau_words": {"type": "custom", "tokenizer": "pantau_words", "filter": ["pantau_gap"]},
            },
            "tokenizer": {"pantau_words": {"type": "whitespace", "max_token_length": 2 * LONGEST_WORD}},
            "filter": {"pantau_gap": {"type": "stop", "stopwords": [GAP_WORD]}},
        }
    }


def template(prefix: str, family: str) -> dict[str, Any]:
    """The index template of a family. Its number of shards and replicas may be edited, nothing else."""
    hardware = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
    return {
        "index_patterns": [f"{prefix}-{family}-*"],
        "priority": PRIORITY,
        "_meta": {"pantau": version(family)},
        "template": {"settings": {"index": hardware} | settings(), "mappings": mappings(family)},
    }


def version(family: str) -> str:
    """Another text for any change of a field or of the analysis."""
    content = (FIELDS[family], _search(family), _KINDS, settings(), ANALYSIS)
    return f"{zlib.crc32(repr(content).encode()):08x}"


def source(family: str, document: Document) -> bytes:
    """What is sent to Elasticsearch for a document, as JSON."""
    return _ENCODER.encode(document)[:-1] + b',"search":' + _ENCODER.encode(_derived(family, document)) + b"}"


def decode(family: str, source: Any) -> Document:
    """The document in a `_source`. Raises msgspec.ValidationError for what is none."""
    document: Document = msgspec.convert(source, FAMILIES[family])
    return document


def moment(document: Document) -> int:
    """What "newest" sorts by, in microseconds since 1970."""
    newest = document.raised if isinstance(document, AlertDocument) else document.published or document.fetched
    return microseconds(newest)


def month(document: Document) -> str:
    """The month of the index that a new document goes to: when it was fetched or raised, "2022-01".

    It follows the time that Pantau runs and not the dates of what it reads: an archive of thirty years would make a
    thousand indices.
    """
    return (document.raised if isinstance(document, AlertDocument) else document.fetched).strftime("%Y-%m")


def _derived(family: str, document: Document) -> dict[str, Any]:
    words = {name: _words(getattr(document, name)) for name in named(family, "text", "name")}
    roots = {name: stems(getattr(document, name) or "", document.language) for name in named(family, "text")}
    rest = set[str]().union(*(found for name, found in roots.items() if name != BODY))
    return {
        "at": moment(document),
        "filled": [name for name in FIELDS[family] if _filled(getattr(document, name))],
        "moments": _moments(family, document),
        "words": words | {"rest": [line for name, line in words.items() if line and name != BODY]},
        "stems": {name: tagged(document.language, found) for name, found in (*roots.items(), ("rest", rest))},
    }


def _moments(family: str, document: Document) -> dict[str, int]:
    found = {name: getattr(document, name) for name in named(family, "date")}
    return {name: microseconds(value) for name, value in found.items() if isinstance(value, date)}


def _filled(value: object) -> bool:
    return any(one != "" for one in value) if isinstance(value, tuple) else value not in (None, "")


def _words(value: str | tuple[str, ...] | None) -> str:
    if isinstance(value, str):
        return " ".join(_clipped(words_of(value)))
    return " ".join(word or GAP_WORD for word in _clipped(row(value or ())))


def clipped(word: str) -> str:
    """A word as it stands in the index."""
    return word[:LONGEST_WORD]


def tagged(language: str, stems: Collection[str]) -> str:
    """Stems as they stand in the index, in a fixed order. No folded word has such a dot."""
    mark = f"{language}·"
    return mark + f" {mark}".join(_clipped(sorted(stems))) if stems else ""


def _clipped(line: Sequence[str]) -> Sequence[str]:
    return line if max(map(len, line), default=0) <= LONGEST_WORD else list(map(clipped, line))


def differences(family: str, found: Mapping[str, Any]) -> list[str]:
    """How a mapping differs from that of a family, one phrase for each field."""
    wanted, actual = dict(_flat(mappings(family)["properties"])), dict(_flat(found.get("properties", {})))
    lines = [f"has no field {name}" for name in wanted if name not in actual]
    lines += [f"has the unknown field {name}" for name in actual if name not in wanted]
    lines += [
        f"{name} is {_shown(actual[name])}, not {_shown(wanted[name])}"
        for name in wanted
        if name in actual and actual[name] != wanted[name]
    ]
    if found.get("dynamic") != "strict":
        lines.append("takes fields that nobody declared")
    if not lines and found.get("_meta", {}).get("pantau") != version(family):
        lines.append("was written with another analysis of words")
    return lines


def _flat(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in properties.items():
        inner = field.get("properties") or field.get("fields") or {}
        own = {key: value for key, value in field.items() if key not in ("properties", "fields")}
        if own and own != {"type": "object"}:
            yield above + name, own
        yield from _flat(inner, f"{above}{name}.")


def _shown(field: Mapping[str, Any]) -> str:
    return " ".join(str(value) if key == "type" else f"{key}={value}" for key, value in field.items())
