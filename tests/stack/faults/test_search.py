"""Elasticsearch is killed, or answers as one that is overloaded, restarts, refuses documents and drops connections."""

import math
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from schemas.alert import AlertRaised
from schemas.article import ArticleExtracted
from schemas.codec import decode
from schemas.dead import DeadLetter
from schemas.statement import StatementRecorded
from schemas.topics import BY_NAME
from tests.stack.faults.articles import Story, expected
from tests.stack.faults.conftest import Figures, Size
from tests.stack.faults.product import Product, eventually
from tests.stack.proxy import Proxy

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]


def test_a_node_that_is_killed(product: Product, size: Size, figures: Figures) -> None:
    before = len(product.letters())
    stories = product.stories(size.of(200, 2_000))
    there = product.house.search.count("articles")
    with product.feeding(stories, size.of(4, 30)):
        eventually(lambda: product.house.search.count("articles") >= there + len(stories) // 10, 120)
        product.search.kill(0)
        time.sleep(size.of(3, 30))
        product.search.revive(0)
    product.settle(size.of(120, 300))
    figures |= {"articles": len(stories), "dead letters": len(product.letters()) - before}
    figures.compare(product.outcome(stories), expected(stories))
    assert len(product.letters()) == before


def test_trouble_on_the_way(product: Product, size: Size, figures: Figures) -> None:
    down = size.of(5, 60)
    calm, stories = product.stories(size.of(1_000, 2_000)), product.stories(size.of(1_000, 2_000))
    with Proxy(product.search.url) as proxy:
        try:
            undisturbed, before = indexed(product, calm, proxy, size.of(120, 300)), len(product.letters())
            trouble = proxy.trouble
            trouble.busy, trouble.poison, trouble.cut = 0.3, 0.01, 0.1
            trouble.down = math.inf
            timer = threading.Timer(down, lambda: setattr(trouble, "down", 0.0))
            requests = indexed(product, stories, proxy, down + size.of(120, 300), timer.start)
        finally:
            product.restart("index")
    dead = sorted(refused(one.letter) for one in product.letters()[before:])
    poisoned = sorted(id for id in documents(product, stories) if trouble.poisoned(id))
    figures |= {
        "articles": len(stories),
        "s of 503": down,
        "times the undisturbed requests": f"{requests / undisturbed:.1f}",
    }
    figures |= {"documents refused": len(poisoned), "dead letters": len(dead)}
    assert dead == poisoned
    assert requests < size.of(6, 3) * undisturbed, "in the short form the seconds without a server weigh most"

    again = product.pantau("dead", "replay", "--stage", "index", "--json")["replayed"]
    product.settle(120)
    figures["handed in again"] = again
    figures.compare(product.outcome([*calm, *stories]), expected([*calm, *stories]))
    assert again >= len(dead) > 0


def indexed(
    product: Product, stories: Sequence[Story], proxy: Proxy, seconds: float, then: Callable[[], object] = int
) -> int:
    """Index articles that wait, all of them, through a proxy; `then` is called at the start. Returns the requests."""
    product.groups["index"].end()
    product.feed(stories)
    product.settle(seconds, without="index")
    before = proxy.total()
    product.start("index", proxy.url)
    then()
    product.settle(seconds)
    return proxy.total() - before


def documents(product: Product, stories: Sequence[Story]) -> set[str]:
    """The ids of the documents that articles lead to."""
    ids, broker = {story.id for story in stories}, product.house.broker
    articles = {m.trace for m in broker.scan("articles-extracted") if m.trace in ids}
    made = (decode(m.body, m.schema, StatementRecorded) for m in broker.scan("statements-recorded") if m.trace in ids)
    raised = (decode(m.body, m.schema, AlertRaised) for m in broker.scan("alerts-raised") if m.trace in ids)
    return articles | {one.statement.statement_id for one in made} | {alert.alert_id for alert in raised}


def refused(letter: DeadLetter) -> str:
    """The id of the document that the index refused."""
    assert (letter.agent, letter.reason) == ("index", "refused"), letter
    match decode(letter.original, letter.schema, BY_NAME[letter.topic].record):
        case ArticleExtracted() as extracted:
            return extracted.article.article_id
        case StatementRecorded() as recorded:
            return recorded.statement.statement_id
        case AlertRaised() as alert:
            return alert.alert_id
    raise AssertionError(letter.topic)
