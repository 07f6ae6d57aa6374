"""What flows: codec, JSON Schemas, examples."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas import jsonschema
from schemas.article import Article, Removed, Run
from schemas.codec import BrokenMessage, UnknownSchema, decode, encode
from schemas.page import Hints, PageFetched
from schemas.record import Record
from schemas.topics import BY_NAME, TOPICS

EXAMPLES = sorted((Path(__file__).parents[2] / "schemas" / "examples").glob("*/*.json"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT, st.dictionaries(st.sampled_from(["title", "body"]), st.just((Run(0, 3, 4),))))
def test_a_record_comes_back_as_it_was(title: str, text: str, maps: dict[str, tuple[Run, ...]]) -> None:
    article = Article(
        article_id="a",
        revision=1,
        page="p",
        media_type="text/plain",
        source="upload",
        fetched_at=datetime(2030, 1, 1, tzinfo=UTC),
        title=title,
        text=text,
        language="id",
        extractor="x/1",
        maps=maps,
        removed=(Removed(0, 3, "menu"),),
    )
    assert decode(encode(article), "article.v1", Article) == article


def test_another_version_is_told_from_a_broken_message() -> None:
    with pytest.raises(UnknownSchema, match=r"reads 'page\.v1'"):
        decode(b"{}", "page.v2", PageFetched)
    with pytest.raises(BrokenMessage, match=r"not a page\.v1"):
        decode(b'{"article_id": 3}', "page.v1", PageFetched)
    with pytest.raises(BrokenMessage):
        decode(b"\xff\xfe", "page.v1", PageFetched)


def test_a_field_of_a_later_minor_version_is_ignored() -> None:
    page = PageFetched(
        article_id="a",
        revision=1,
        page="p",
        media_type="text/html",
        source="s",
        fetched_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    body = json.loads(encode(page)) | {"colour": "green"}
    assert decode(json.dumps(body).encode(), "page.v1", PageFetched) == page
    assert page.hints == Hints()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_checked_in_json_schema_is_the_one_of_the_record(topic: object) -> None:
    record: type[Record] = topic.record  # type: ignore[attr-defined]
    there = (jsonschema.FOLDER / jsonschema.file_name(record)).read_text(encoding="utf-8")
    assert there == jsonschema.text(record), "run `make schemas`"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_example_is_a_message_of_its_topic(path: Path) -> None:
    topic = BY_NAME[path.parent.name]
    body = path.read_bytes()
    record = decode(body, topic.record.SCHEMA, topic.record)
    assert msgspec.json.decode(encode(record)) == msgspec.json.decode(body), "every field of an example is known"
    Draft202012Validator(jsonschema.schema(topic.record)).validate(json.loads(body))
    assert topic.key(record)
    assert topic.trace(record)


def test_every_topic_has_an_example() -> None:
    assert {path.parent.name for path in EXAMPLES} == {topic.name for topic in TOPICS}
