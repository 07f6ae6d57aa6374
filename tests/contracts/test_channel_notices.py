"""Every channel takes what is told of a source as it takes alerts of watches."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.channels import Channels, mail
from pipeline.news import telling
from pipeline.news.crawling.courses import Course, tidings
from pipeline.news.crawling.health import Health, State
from schemas.alert import AlertRaised
from schemas.catalog import Source
from schemas.codec import decode, encode
from schemas.topics import ALERTS_RAISED

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def notice(name: str = "Warta", hours: int = 0) -> AlertRaised:
    source = Source(id="warta", name=name, url="https://warta.example/rss")
    health = Health(State.SILENT, NOON, "nothing new for 3.0 days", "see the site")
    alert = tidings(Course(), source, health, NOON + timedelta(hours=hours))
    assert alert
    return alert


def test_a_notice_is_a_message_like_others() -> None:
    made = notice()
    assert decode(encode(made), made.SCHEMA, AlertRaised) == made
    assert (ALERTS_RAISED.key(made), ALERTS_RAISED.trace(made)) == ("_sources", made.alert_id)
    with pytest.raises(LookupError, match=made.alert_id):
        made.heard  # noqa: B018 - nobody said anything


def test_a_mail_says_what_to_do_and_has_no_link_that_pauses_a_watch(tmp_path: Path) -> None:
    made = mail.message("pantau@warta.example", "ani@warta.example", [notice()], None)
    assert made["Subject"] == "Warta is silent since 2030-05-01 12:00 UTC"
    assert made["List-Unsubscribe"] is made["In-Reply-To"] is None
    for kind in ("plain", "html"):
        body = made.get_body((kind,))
        assert body is not None
        text = str(body.get_content())
        assert "what to do: see the site" in text
        assert "https://warta.example/rss" in text
        assert "Pause" not in text
    many = mail.message("pantau@warta.example", "ani@warta.example", [notice(), notice("Kabar", 1)], None)
    assert made["Message-ID"] != many["Message-ID"]
    assert many["Subject"] == "Sources: 2 alerts"


@pytest.mark.parametrize("name", ["Warta", "<script>alert(1)</script>\x1b[31m\r\nBcc: x@evil.example"])
def test_feeds_and_terminals_show_it_and_nothing_active(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for channel in ("terminal:", "atom:", "feed:", "feed:"):
        Channels(tmp_path).send(channel, [notice(name)])
    out = capsys.readouterr().out
    assert ("what to do: see the site" in out, "\x1b" in out, "\r" in out) == (True, False, False)
    feed = json.loads((tmp_path / "feeds" / "_sources.json").read_text(encoding="utf-8"))
    (item,) = feed["items"]
    assert (feed["title"], item["url"], "<script" in item["content_html"]) == (
        "Sources", "https://warta.example/rss", False
    )  # fmt: skip
    assert len((tmp_path / "alerts.jsonl").read_bytes().splitlines()) == 1
    assert "*" not in telling.chat_text([notice("**W**")])
