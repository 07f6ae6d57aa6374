"""`pantau watch alerts`, `proof` and `secret`: what was told, on what grounds, and how receivers check it."""

from typing import Annotated

import typer
from rich.text import Text

from pipeline.adapters import keys
from pipeline.cli.output import JsonOption, complain, console, installation, plain, print_json, say
from pipeline.cli.search import print_hits
from pipeline.errors import Misuse
from pipeline.news.pages import page_text
from pipeline.news.queries import quote
from pipeline.news.telling import text
from schemas.alert import AlertRaised
from schemas.codec import decode
from schemas.page import PageFetched
from schemas.topics import ALERTS_RAISED, PAGES_FETCHED

AROUND = 200
"""Codepoints of the stored page that are shown on each side of the passage."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("alerts", epilog="Example: pantau watch alerts nato")(alerts)
    app.command("proof", epilog="Example: pantau watch proof 0a1b2c3d")(proof)
    app.command("secret", epilog="Example: pantau watch secret")(secret)


def alerts(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(help="The id of a watch; all watches without it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Alerts at most, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the alerts that were raised."""
    house = installation(context)
    query = f"watch:{quote(id)}" if id else ""
    found = house.search.search("alerts", query, limit=limit, sort="newest")
    if id and not found.total and id not in {watch.id for watch in house.catalog.snapshot().watches}:
        raise Misuse(f"there is no watch {id!r}: see `pantau watch list`")
    if as_json:
        print_json([hit.document for hit in found.hits])
    elif found.total:
        print_hits("alerts", found._replace(cursor=None))
    else:
        complain(f"no alert was raised{f' for watch {id}' if id else ''} yet")
    if not found.total:
        raise typer.Exit(1)


def proof(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The id of an alert, or its first letters.")],
    as_json: JsonOption = False,
) -> None:
    """Show all that proves an alert, with the passage in the stored copy of its page."""
    house = installation(context)
    messages = (decode(m.body, m.schema, AlertRaised) for m in house.broker.scan(ALERTS_RAISED.name))
    found = {alert.alert_id: alert for alert in messages if alert.alert_id.startswith(id)}
    if len(found) != 1:
        what = "no alert is" if not found else f"{len(found)} alerts are"
        raise Misuse(f"{what} called {id!r}: see `pantau watch alerts --json` for their ids")
    alert = next(iter(found.values()))
    if as_json:
        print_json(alert)
        return
    console.print(Text(text(alert).replace("\u200b", "")), soft_wrap=not console.is_terminal)
    passage = _passage(context, alert)
    if passage:
        console.print(passage, soft_wrap=not console.is_terminal)


def _passage(context: typer.Context, alert: AlertRaised) -> Text | None:
    """The words in the stored copy of the page, with what stands around them."""
    if alert.notice:
        return None
    said, carrier = alert.heard.statement, alert.heard.carrier
    if said.page_start is None or said.page_end is None:
        return None
    house = installation(context)
    messages = (m for m in house.broker.history(carrier.article_id)[0] if m.topic == PAGES_FETCHED.name)
    fetched = {page.page: page for page in (decode(m.body, m.schema, PageFetched) for m in messages)}.get(carrier.page)
    try:
        content = house.pages.get(carrier.page)
    except KeyError:
        return Text("the stored copy is gone", style="red")
    if fetched is None:
        return None
    page = page_text(content, fetched.media_type, fetched.charset)
    before, after = (
        page[max(0, said.page_start - AROUND) : said.page_start],
        page[said.page_end : said.page_end + AROUND],
    )
    words = page[said.page_start : said.page_end]
    return Text.assemble((plain(before), "dim"), (plain(words), "bold"), (plain(after), "dim"))


def secret(context: typer.Context) -> None:
    """Show the key with which receivers of webhooks check that an alert comes from here."""
    say(keys.webhook_secret(installation(context).settings.home))
