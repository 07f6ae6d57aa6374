"""What strangers send is read in a process with limits: what exceeds them is named, and the next call works."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from pipeline.news.crawling.listings import Listing, Unread, Unreadable
from pipeline.news.crawling.outcomes import Fetched
from pipeline.runners.confined import Confined, Exceeded
from pipeline.runners.crawl.reading import ConfinedReader
from pipeline.runners.limits import Limits

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=5.0, memory_bytes=128 << 20)
CHANNEL = b"<rss version='2.0'><channel>"


def double(number: int) -> int:
    return 2 * number


def loop() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(60)


def grow() -> int:
    return len(b"x" * (1 << 30))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise ZeroDivisionError("nothing to divide by")


@pytest.fixture(scope="module")
def confined() -> Iterator[Confined]:
    with closing(Confined(LIMITS)) as made:
        yield made


@pytest.mark.parametrize(
    ("function", "error", "why"),
    [
        (loop, Exceeded, "more than 1 s of CPU time"), (grow, Exceeded, "more than 128 MB"),
        (sleep, Exceeded, "more than 5 s"), (die, Exceeded, "exit code -9"),
        (fail, RuntimeError, "nothing to divide by"),
    ],
)  # fmt: skip
def test_what_exceeds_the_limits_is_named_and_the_next_call_works(
    confined: Confined, function: Callable[[], object], error: type[Exception], why: str
) -> None:
    async def body() -> int:
        with pytest.raises(error, match=why):
            await confined.call(function)
        return await confined.call(double, 21)

    assert asyncio.run(body()) == 42


def feed(body: bytes) -> Fetched:
    return Fetched(
        "https://a.example/feed", 200, (("content-type", "text/xml"),), body, datetime(2026, 1, 1, tzinfo=UTC)
    )


LAUGHS = b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n + 1) * 10) for n in range(20)) + b"<!ENTITY a20 'ha'>"
HOSTILE = {
    "laughs": b"<!DOCTYPE x [" + LAUGHS + b"]>" + CHANNEL + b"<item><title>&a0;</title></item></channel></rss>",
    "attributes": CHANNEL + b"<item " + b" ".join(b'a%d="x"' % n for n in range(300_000)) + b"></item>",
    "items": CHANNEL + b"".join(b"<item><title>%d</title><link>/%d</link></item>" % (n, n) for n in range(100_000)),
    "links": CHANNEL + b"<link>" * 300_000,
    "depth": CHANNEL + b"<x>" * 300_000,
    "nothing": CHANNEL + b"<![CDATA[" * 300_000,
}


def test_no_feed_harms_who_reads_it() -> None:
    async def body(read: Callable[[Fetched], Awaitable[Listing | Unreadable]]) -> None:
        for name, content in HOSTILE.items():
            found = await read(feed(content))
            assert isinstance(found, Unreadable), name
            assert found.reason in (Unread.TOO_COSTLY, Unread.BROKEN, Unread.NO_LINKS), name
        good = await read(feed(CHANNEL + b"<item><link>/1</link></item></channel></rss>"))
        assert isinstance(good, Listing)

    with closing(ConfinedReader(LIMITS)) as reader:
        asyncio.run(body(lambda page: reader.read(page, "feed")))
