"""JSON Schemas of all records, for readers in other languages: `python -m schemas.jsonschema` writes them anew."""

import json
from pathlib import Path
from typing import Any

import msgspec

from schemas.record import Record
from schemas.topics import TOPICS

FOLDER = Path(__file__).parent / "json"


def file_name(record: type[Record]) -> str:
    """Name the file of a record's schema: "article.v1.schema.json"."""
    return f"{record.SCHEMA}.schema.json"


def schema(record: type[Record]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record."""
    made = msgspec.json.schema(record)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": record.SCHEMA} | made


def text(record: type[Record]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(record), indent=1, ensure_ascii=False) + "\n"


def write() -> None:
    """Write the schema of every record that a topic carries."""
    FOLDER.mkdir(exist_ok=True)
    for topic in TOPICS:
        (FOLDER / file_name(topic.record)).write_text(text(topic.record), encoding="utf-8")


if __name__ == "__main__":
    write()
