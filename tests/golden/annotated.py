"""Invented articles with their statements marked in the text.

`<d|Anna Stone>We are ready,</>` is a direct statement of Anna Stone, m a mixed and i an indirect one; a plus sign
(`<i+|...>`) makes it an extended one: a request, a belief, a statement of something written. Further names between
bars are right for its speaker as well. The lines before the first empty one are `published:` and `title:`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.evaluation.documents import Document
from pipeline.evaluation.statements import Case, Said, said_in
from schemas.article import Article

_TAG = re.compile(r"<([dmi])(\+?)\|([^<>]+)>|</>")
_KINDS = {"d": "direct", "m": "mixed", "i": "indirect"}


def annotated(folder: Path, language: str) -> Iterator[Case]:
    for file in sorted(folder.glob("*.txt")):
        head, body = file.read_text(encoding="utf-8").split("\n\n", 1)
        fields = dict(line.split(": ", 1) for line in head.split("\n"))
        text, gold = read(body.strip(), file.stem)
        published = datetime.fromisoformat(fields["published"])
        title = read(fields["title"], file.stem)[0]
        yield Case(Document(file.stem, article(file.stem, title, text, published, language), text), tuple(gold))


def article(name: str, title: str, text: str, published: datetime, language: str) -> Article:
    return Article(
        article_id=name,
        revision=1,
        page="p",
        media_type="text/plain",
        source="upload",
        fetched_at=published,
        published=published,
        title=title,
        text=text,
        language=language,
        extractor="gold",
    )


def read(marked: str, doc: str) -> tuple[str, list[Said]]:
    """The text without marks, and the statements in it."""
    text, at, gold, opened = "", 0, [], None
    for match in _TAG.finditer(marked):
        text += marked[at : match.start()]
        at = match.end()
        if match[1]:
            assert opened is None, f"{doc}: a statement inside another near {text[-40:]!r}"
            opened = (len(text), match)
            continue
        assert opened is not None, f"{doc}: an end without a beginning near {text[-40:]!r}"
        start, tag = opened
        speaker, *others = tag[3].split("|")
        level = "extended" if tag[2] else "core"
        gold.append(
            said_in(
                {"doc": doc, "start": start, "end": len(text), "kind": _KINDS[tag[1]],
                 "level": level, "speaker": speaker, "speaker_alt": others}, doc
            )
        )  # fmt: skip
        opened = None
    assert opened is None, f"{doc}: a statement without an end"
    return text + marked[at:], gold
