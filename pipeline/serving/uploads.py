"""One upload, from its first byte to the 202 that says that its pages are in for good."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pipeline.adapters.apikeys import ApiKey
from pipeline.adapters.readers.items import Found, Item, Refusal, Refused
from pipeline.metrics import Meters
from pipeline.runners.intake import Entry, Receipt, arrival
from pipeline.serving import reading
from pipeline.serving.access import Access
from pipeline.serving.bodies import Bodies, Body
from pipeline.serving.desk import Desk
from pipeline.serving.problems import Problem
from pipeline.serving.reading import Media
from pipeline.serving.repeats import Repeats

LOG = logging.getLogger("pantau.serving")
BATCH = 200
BATCH_BYTES = 8_000_000
"""Pages, and bytes of them, that are in memory at once and go in with one transaction."""
REFUSED_MAX = 1_000
"""Refusals that are named in an answer; `refused_more` counts the others."""
READERS = 4
"""Threads that read bodies."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is in: the article it belongs to, and where one can ask about it.

    entry  "new"; "changed" for another content of a known article; "known" when it was there before
    name   which of the pages of the upload it is
    """

    id: str
    revision: int
    entry: Entry
    name: str
    url: str


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A page, line, part or file that is not in; `detail` names what is wrong and the cure."""

    name: str
    reason: Refusal
    detail: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an upload, page by page in the order in which they came."""

    articles: list[Taken]
    refused: list[Rejected]
    refused_more: int = 0


_PROBLEMS = {
    Refusal.NOT_JSON: "bad-body", Refusal.EMPTY: "bad-body", Refusal.DAMAGED: "bad-body", Refusal.TRUNCATED: "bad-body",
    Refusal.TOO_LARGE: "too-large", Refusal.TOO_MANY: "too-large", Refusal.BOMB: "too-large",
    Refusal.BINARY: "unsupported", Refusal.UNSUPPORTED: "unsupported",
}  # fmt: skip
"""What an upload is of which nothing can be used, by its first refusal; any other is "refused"."""


class Uploads:
    """Takes uploads."""

    def __init__(self, desk: Desk, access: Access, repeats: Repeats, meters: Meters) -> None:
        self._desk, self._access, self._repeats, self._meters = desk, access, repeats, meters
        self._bodies = Bodies()
        self._readers = ThreadPoolExecutor(READERS, "reader")

    async def __call__(self, request: Request) -> Response:
        """Answer `POST /articles`."""
        key = self._access.admit(request, "upload")
        kind = reading.media(request.headers.get("content-type"), request.headers.get("content-encoding"))
        told = dict(request.query_params)
        with self._repeats.alone(key.id, request.headers.get("idempotency-key")) as name:
            async with self._bodies.body(request) as body:
                self._access.spend(key, body.size)
                return await self._answer(_Upload(key, kind, told, body, name))

    async def _answer(self, upload: "_Upload") -> Response:
        if upload.name:
            kept = await asyncio.wrap_future(self._desk.ask(partial(self._repeats.find, upload.name, upload.print)))
            if kept is not None:
                return _response(kept, {"Idempotency-Replayed": "true"})
        work = partial(self._take, upload)
        return _response(await asyncio.get_running_loop().run_in_executor(self._readers, work), {})

    def _take(self, upload: "_Upload") -> bytes:
        """Read a body and take its pages in. Runs in a thread of the readers."""
        answer = _Answer()
        for batch, last in _batches(reading.read(upload.body.file, upload.media, upload.told)):
            items = [found for found in batch if isinstance(found, Item)]
            answer.refuse([found for found in batch if isinstance(found, Refused)])
            if last and not items and not answer.articles:
                self._meters.uploaded({"refused": answer.refusals}, upload.body.size)
                raise answer.nothing()
            note = partial(self._keep, upload, answer, items) if last and upload.name else None
            answer.take(items, self._desk.take([arrival(item) for item in items], note).result())
        taken, refused, size = len(answer.articles), answer.refusals, upload.body.size
        self._meters.uploaded(Counter(page.entry for page in answer.articles) + Counter(refused=refused), size)
        LOG.info("upload by key %s: %d taken, %d refused, %d bytes", upload.key.id, taken, refused, size)
        return answer.encoded()

    def _keep(self, upload: "_Upload", answer: "_Answer", items: Sequence[Item], receipts: Sequence[Receipt]) -> None:
        """Remember the answer with the last pages. Runs on the desk."""
        self._repeats.keep(upload.name or "", upload.print, answer.encoded(_taken(items, receipts)))


class _Upload(msgspec.Struct, frozen=True):
    """What was sent: by whom, as what, with which parameters; `name` is that of its Idempotency-Key."""

    key: ApiKey
    media: Media
    told: Mapping[str, str]
    body: Body
    name: str | None

    @property
    def print(self) -> str:
        """What tells this upload from every other: a SHA-256, hex."""
        told = msgspec.json.encode([self.media, sorted(self.told.items()), self.body.digest])
        return sha256(told).hexdigest()


class _Answer:
    """The answer to an upload while it is read."""

    def __init__(self) -> None:
        self.articles: list[Taken] = []
        self.refusals = 0
        self._refused: list[Rejected] = []

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Add what cannot be used."""
        self.refusals += len(refused)
        room = REFUSED_MAX - len(self._refused)
        self._refused += [Rejected(name=r.name, reason=Refusal(r.reason), detail=r.detail) for r in refused[:room]]

    def take(self, items: Sequence[Item], receipts: Sequence[Receipt]) -> None:
        """Add what is in."""
        self.articles += _taken(items, receipts)

    def encoded(self, last: Sequence[Taken] = ()) -> bytes:
        """The answer as JSON, with these at its end."""
        articles, more = [*self.articles, *last], self.refusals - len(self._refused)
        return msgspec.json.encode(Accepted(articles=articles, refused=self._refused, refused_more=more))

    def nothing(self) -> Problem:
        """The answer when there is nothing to take: what is wrong with the first."""
        if not self._refused:
            return Problem("bad-body", "there is no page in it: send files, objects or lines")
        first, only = self._refused[0], self.refusals == 1
        detail = first.detail if only else f"{first.name}: {first.detail}"
        more = {"refused": msgspec.to_builtins(self._refused), "refused_more": self.refusals - len(self._refused)}
        return Problem(_PROBLEMS.get(first.reason, "refused"), detail, **more)


def _taken(items: Sequence[Item], receipts: Sequence[Receipt]) -> list[Taken]:
    return [
        Taken(id=r.article_id, revision=r.revision, entry=r.entry, name=item.name, url=f"/articles/{r.article_id}")
        for item, r in zip(items, receipts)
    ]


def _batches(found: Iterator[Found]) -> Iterator[tuple[list[Found], bool]]:
    """So much of it at a time, and whether that is the last; one empty batch when there is nothing."""
    batch: list[Found] = []
    size = 0
    for one in found:
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch, False
            batch, size = [], 0
        batch.append(one)
        size += len(one.content) if isinstance(one, Item) else 0
    yield batch, True


def _response(encoded: bytes, headers: Mapping[str, str]) -> Response:
    first = msgspec.json.decode(encoded, type=Accepted).articles
    place = {"Location": first[0].url} if len(first) == 1 else {}
    return Response(encoded, 202, {**headers, **place}, "application/json")
