"""The links in mails: opening one changes nothing, its button pauses the watch it is for, and no other."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from pipeline.adapters import keys
from pipeline.cli.installation import Installation
from pipeline.settings import load
from tests.serving.service import NOW, Service, problem, served

WATCHES = """- id: tarif
  name: Tarif <script>alert(1)</script>
- id: dermaga
  name: Dermaga
"""
PEOPLE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "watches.yaml").write_text(WATCHES, encoding="utf-8")
    with served(tmp_path) as running:
        yield running


def link(service: Service, watch: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The link of a mail, as it is reached here."""
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example/")
    made = urlsplit(keys.pause_link(service.home, watch) or "")
    return f"{service.url}{made.path}?{made.query}"


def paused(service: Service) -> list[str]:
    return [watch.id for watch in Installation(load({}, service.home)).catalog.snapshot().watches if watch.paused]


def test_opening_the_link_changes_nothing_and_its_button_pauses(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link(service, "tarif", monkeypatch)
    for method in ("GET", "HEAD"):
        assert httpx.request(method, url, headers=PEOPLE).status_code == 200
    page = httpx.get(url, headers=PEOPLE).text
    assert '<form method="post"' in page
    assert "<script" not in page
    assert paused(service) == []
    action = page.partition('action="')[2].partition('"')[0]
    done = httpx.post(f"{service.url}{action}", headers=PEOPLE)
    assert "pantau watch resume tarif" in done.text
    assert done.headers["referrer-policy"] == "no-referrer"
    assert paused(service) == ["tarif"]
    assert [change.by for change in service.house.catalog.changes("tarif")][-1] == "the pause link of a mail"


def test_a_mail_program_pauses_at_one_click_and_once_more_does_no_harm(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link(service, "dermaga", monkeypatch)
    for _ in range(2):
        assert httpx.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert paused(service) == ["dermaga"]
    assert len(service.house.catalog.changes("dermaga")) == 2
    assert "Pause it" not in httpx.get(url).text


def test_links_that_are_not_ours_pause_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(service, "tarif", monkeypatch)
    old = keys.pause_token(service.home, "tarif", NOW.timestamp() - 5e8)
    wrong = {
        url[:-1] + ("0" if url[-1] != "0" else "1"): "not made here",
        url.replace("/tarif/", "/dermaga/"): "another watch",
        f"{service.url}/watches/tarif/pause": "not made here",
        f"{service.url}/watches/tarif/pause?token={old}": "older than",
        f"{service.url}/watches/tarif/pause?token=%0d%0aSet-Cookie:x": "not made here",
    }
    for address, said in wrong.items():
        for method in ("GET", "POST"):
            assert said in problem(httpx.request(method, address), 403, "wrong-link")["detail"]
    page = httpx.get(f"{service.url}/watches/<b>/pause?token=<script>", headers=PEOPLE)
    assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "<script" not in page.text
    assert paused(service) == []


def test_the_link_of_a_watch_that_is_gone_says_so(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(service, "tarif", monkeypatch)
    service.house.catalog.remove_watch("tarif", "test")
    problem(httpx.post(url), 404, "not-found")
