"""What hubs call (WebSub): they ask whether a subscription is meant, and tell that a feed has something new.

The address that a hub calls holds a word that only it and we know. What it tells is believed when it is signed with the
secret of the subscription, and then its source is due: its content is not read. Whatever is wrong with it, the answer
is the same, so that nobody can find a secret by asking.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from hmac import compare_digest
from threading import Lock
from typing import IO

from starlette.requests import Request
from starlette.responses import Response

from pipeline.frontier import Frontier
from pipeline.metrics import Meters
from pipeline.news.crawling import hubs
from pipeline.news.crawling.hubs import WORD_MAX, Subscription
from pipeline.ports import Catalog, Clock
from pipeline.serving.bodies import Bodies
from pipeline.serving.problems import Problem

LOG = logging.getLogger("pantau.serving")
PATH = "/hubs"
AT_ONCE = 8
_BLOCK = 1 << 16


class Hubs:
    """Answers hubs."""

    def __init__(self, frontier: Frontier, catalog: Catalog, clock: Clock, meters: Meters) -> None:
        self._frontier, self._catalog, self._clock, self._meters = frontier, catalog, clock, meters
        self._bodies, self._lock = Bodies(AT_ONCE), Lock()

    async def __call__(self, request: Request) -> Response:
        """Answer GET, which asks or refuses, and POST, which tells."""
        source, known = await asyncio.to_thread(self._called, request.path_params["token"])
        if request.method == "POST":
            return await self._told(source, known, request)
        return await asyncio.to_thread(self._asked, source, known, request)

    def _called(self, token: str) -> tuple[str, Subscription]:
        """The source that a hub calls about. Raises Problem where there is none, or none that is followed."""
        with self._lock:
            known = self._frontier.notes(Subscription)
            followed = {source.id for source in self._catalog.snapshot().sources if not source.paused}
        given = token.encode("utf-8", "replace")
        found = next((one for one in known.items() if compare_digest(one[1].token.encode(), given)), None)
        if found is None:
            raise Problem("not-found", "no hub was given this address: ask for a subscription's own")
        if found[0] not in followed:
            raise Problem("gone", "this feed is not followed any more: end the subscription")
        return found

    def _asked(self, source: str, known: Subscription, request: Request) -> Response:
        said = request.query_params
        mode, topic, word = (said.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
        if mode == "denied" and topic == known.topic:
            self._amend(source, known, lambda now: hubs.refused(now, said.get("hub.reason", "")))
            self._meters.hub("denied")
            return Response(status_code=200)
        if mode != "subscribe" or topic != known.topic or not 0 < len(word) <= WORD_MAX:
            raise Problem("not-found", "this was not asked for: only `subscribe` for the topic that was named is meant")
        lease = said.get("hub.lease_seconds", "")
        self._amend(source, known, lambda now: hubs.confirmed(now, lease, self._clock.now()))
        self._meters.hub("confirmed")
        LOG.info("hub confirmed", extra={"source": source, "hub": known.hub})
        return Response(word, 200, None, "text/plain")

    async def _told(self, source: str, known: Subscription, request: Request) -> Response:
        async with self._bodies.body(request) as body:
            good = await asyncio.to_thread(
                lambda: hubs.signed(known, request.headers.get("x-hub-signature"), _blocks(body.file))
            )
        if good:
            await asyncio.to_thread(self._amend, source, known, lambda now: hubs.told(now, self._clock.now()))
        else:
            LOG.warning("a hub's word is not signed by it, and is ignored", extra={"source": source, "hub": known.hub})
        self._meters.hub("told" if good else "not-signed")
        return Response(status_code=202)

    def _amend(self, source: str, called: Subscription, change: Callable[[Subscription], Subscription]) -> None:
        """Change a subscription, unless another one took its place meanwhile."""
        with self._lock:
            self._frontier.amend(
                Subscription, source, lambda now: change(now) if now and now.token == called.token else now
            )


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
