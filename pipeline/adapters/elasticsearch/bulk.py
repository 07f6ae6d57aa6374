"""One bulk request: what is sent, and what the answer to each item means."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from elasticsearch import Elasticsearch

Key = tuple[str, str]
"""Family and id of a document."""


class Action(NamedTuple):
    """A document to write, or without a body one to delete.

    month    of the index that it goes to when it is in none yet
    article  of a statement that may be retracted with it; empty for one that is withdrawn
    """

    key: Key
    revision: int
    month: str
    article: str
    body: bytes | None


class Verdict(StrEnum):
    """What the answer to an item means."""

    DONE = "done"
    """It is written, or a higher revision was there."""
    AGAIN = "again"
    """It can be written later."""
    MOVED = "moved"
    """Its index is gone or closed for writing: look where it goes now."""
    DENIED = "denied"
    """The user or API key may not write."""
    REFUSED = "refused"
    """It will never be written."""


class Answer(NamedTuple):
    """A verdict with the server's own words."""

    verdict: Verdict
    why: str


_ENCODER = msgspec.json.Encoder()
_TIMEOUT = "20s"
"""How long the server waits for a shard that is not there: less than the client waits for the server."""


def send(client: Elasticsearch, batch: Sequence[Action], places: Mapping[Key, str]) -> list[Answer]:
    """Write a batch and return what became of each item. Raises what the client raises."""
    lines: list[Any] = []
    for action in batch:
        head = {"_index": places[action.key], "_id": action.key[1], "version": max(1, action.revision)}
        order = "delete" if action.body is None else "index"
        lines.append(_ENCODER.encode({order: head | {"version_type": "external_gte"}}))
        if action.body is not None:
            lines.append(action.body)
    kept = "items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
    answer = client.bulk(operations=lines, timeout=_TIMEOUT, filter_path=kept)
    return [judge(next(iter(item.values()))) for item in answer["items"]]


def judge(item: Mapping[str, Any]) -> Answer:
    """What the answer to one item means."""
    status, error = int(item["status"]), item.get("error", {})
    why = f"{status} {error.get('reason', '')} {error.get('caused_by', {}).get('reason', '')}".strip()
    return Answer(_verdict(status, error.get("type", "")), why)


def _verdict(status: int, error: str) -> Verdict:
    if status < 300 or status == 409 or (status == 404 and not error):  # 404 without an error: nothing to delete
        return Verdict.DONE
    if status in (408, 429) or status >= 500:
        return Verdict.AGAIN
    if error in ("index_not_found_exception", "cluster_block_exception", "index_closed_exception"):
        return Verdict.MOVED
    return Verdict.DENIED if status in (401, 403) else Verdict.REFUSED
