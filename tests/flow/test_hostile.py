"""Pages made to cost much go through a worker under the limits of the product, and ordinary ones between them."""

import resource
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.clean import CLEAN
from pipeline.adapters.files import FilePages
from pipeline.broker import Message
from pipeline.flow import Agent
from pipeline.runners.handle import Dead, Handled
from pipeline.runners.workers import Pool
from schemas.codec import encode
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED
from tests import hostile
from tests.invented import DAY

SECONDS, MEGABYTES = 10, 1024
"""What one page may cost at most."""
COSTLY = frozenset(
    (
        *("49,000 paragraphs of a letter", "PDF of 100 full pages", "paragraph of 4.7 MB", "heading of 4.2 MB"),
        *("100,000 nested divs", "attribute of 10 MB", "script of 4.9 MB", "19,900 wrapped lines"),
        *("500,000 tags as references", "PDF of 1 GB of spaces", "12,000 lines of brackets"),
    )
)
"""Those that cost most or once did; `python -m tests.bench.isolation --hostile` has all."""


def ports(folder: Path) -> tuple[Sequence[Agent], Mapping[str, Any]]:
    return (CLEAN,), {"pages": FilePages(folder)}


def message(store: FilePages, number: int, page: hostile.Hostile) -> Message:
    record = PageFetched(
        article_id=str(number),
        revision=1,
        page=store.put(page.content),
        media_type=page.media_type,
        source="upload",
        fetched_at=DAY,
    )
    return Message(PAGES_FETCHED.name, number, "", "", record.SCHEMA, encode(record), "", 0.0, DAY)


def handled(pool: Pool, *messages: Message) -> list[Handled]:
    ticket = pool.submit(CLEAN.name, messages)
    while not ticket.done:
        pool.collect(1)
    return [handled for _, handled in ticket.results()]


@pytest.mark.timeout(900)
def test_a_hostile_page_costs_a_dead_letter_at_most_and_never_its_neighbours(tmp_path: Path) -> None:
    store, pool = FilePages(tmp_path), Pool(1, partial(ports, tmp_path))
    ordinary = message(store, 0, hostile.Hostile("ordinary", hostile.html("")))
    try:
        for number, page in enumerate(page for page in hostile.pages() if page.name in COSTLY):
            before, bad, behind = handled(pool, ordinary, message(store, number, page), ordinary)
            assert isinstance(before.outcome, tuple), page.name
            assert isinstance(behind.outcome, tuple), page.name
            if isinstance(bad.outcome, Dead):
                assert bad.outcome.reason
                assert bad.outcome.error
            else:
                assert isinstance(bad.outcome, tuple), page.name
            assert bad.took < SECONDS * 10, "by the clock on the wall, on a machine that others use"
        assert number == len(COSTLY) - 1
    finally:
        pool.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    assert peak < MEGABYTES + 700, "what one page may take, beside the libraries"
