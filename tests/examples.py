"""Writes schemas/examples anew, one real message per case, from the world of the demo: `python -m tests.examples`.

The world is invented, its times are those of its manifest, and the clock stands still: the files change only when the
product does.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from pipeline import logs
from pipeline.cli.demo import ingest_world
from pipeline.cli.installation import Installation, seeds
from pipeline.settings import load
from schemas.codec import decode, encode
from schemas.record import Record
from schemas.topics import (
    ALERTS_RAISED,
    ARTICLES_CLEANED,
    ARTICLES_EXTRACTED,
    ARTICLES_MARKED,
    DEAD_LETTERS,
    PAGES_FETCHED,
    STATEMENTS_MADE,
    STATEMENTS_RECORDED,
    Topic,
)

FOLDER = Path(__file__).parents[1] / "schemas" / "examples"
EVENING = datetime(2026, 3, 18, 12, tzinfo=UTC)
"""When the examples were made: after the last page of the world was fetched."""


class Case(NamedTuple):
    """An example: the first message of a topic that fits."""

    topic: Topic
    name: str
    fits: Callable[[Any], bool]


CASES = (
    Case(PAGES_FETCHED, "html", lambda page: page.media_type == "text/html"),
    Case(PAGES_FETCHED, "text-copy", lambda page: page.name.endswith(".txt")),
    Case(PAGES_FETCHED, "json-line", lambda page: ".jsonl:" in page.name),
    Case(ARTICLES_CLEANED, "html", lambda article: article.media_type == "text/html" and article.authors),
    Case(ARTICLES_CLEANED, "text-copy", lambda article: article.media_type == "text/plain" and article.removed),
    Case(ARTICLES_CLEANED, "revision", lambda article: article.revision == 2),
    Case(ARTICLES_MARKED, "original", lambda marked: not marked.links),
    Case(ARTICLES_MARKED, "copy", lambda marked: any(link.relation == "copy" for link in marked.links)),
    Case(ARTICLES_EXTRACTED, "with-statements", lambda extracted: extracted.statements),
    Case(ARTICLES_EXTRACTED, "without-statements", lambda extracted: not extracted.statements),
    Case(STATEMENTS_MADE, "direct", lambda made: made.statement.kind == "direct"),
    Case(STATEMENTS_MADE, "mixed", lambda made: made.statement.kind == "mixed"),
    Case(STATEMENTS_MADE, "indirect", lambda made: made.statement.kind == "indirect"),
    Case(STATEMENTS_MADE, "unknown-speaker", lambda made: made.statement.speaker is None),
    Case(STATEMENTS_RECORDED, "new", lambda recorded: recorded.utterance.novelty == "new"),
    Case(STATEMENTS_RECORDED, "repeat", lambda recorded: recorded.utterance.novelty == "repeat"),
    Case(STATEMENTS_RECORDED, "version", lambda recorded: recorded.utterance.added),
    Case(ALERTS_RAISED, "new-utterance", lambda alert: alert.reason == "new-utterance"),
    Case(ALERTS_RAISED, "new-version", lambda alert: alert.reason == "new-version"),
    Case(DEAD_LETTERS, "too-deep", lambda letter: letter.reason == "too-deep"),
    Case(DEAD_LETTERS, "error-page", lambda letter: letter.reason == "error-page"),
)


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        """See Clock."""
        return EVENING


def examples(home: Path) -> dict[str, bytes]:
    """The content of each file by its name in the folder of examples; the world is run in `home`."""
    house = Installation(load({}, home), seeds() / "articles" / "catalog", Still())
    with chdir(seeds() / "articles"):  # so that pages are named by their place in the world, not on this machine
        ingest_world(house, Path())
    with house.runner(0) as runner:
        runner.drain()
    made = {f"{case.topic.name}/{case.name}.json": pretty(first(case, house)) for case in CASES}
    house.broker.close()
    return made


def first(case: Case, house: Installation) -> Record:
    """The first message that fits. Raises LookupError when the world has none."""
    for record in records(case.topic, house):
        if case.fits(record):
            return record
    raise LookupError(f"no message of {case.topic.name} is a case of {case.name}")


def records(topic: Topic, house: Installation) -> Iterator[Record]:
    """All messages of a topic, oldest first."""
    return (decode(message.body, message.schema, topic.record) for message in house.broker.scan(topic.name))


def pretty(record: Record) -> bytes:
    """The body of the message, for people."""
    return msgspec.json.format(encode(record), indent=2) + b"\n"


def main() -> None:
    """Write the files, and nothing else into their folder."""
    logs.start("error")
    with TemporaryDirectory() as home:
        made = examples(Path(home))
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, content in made.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
