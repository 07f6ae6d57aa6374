"""Crawling as its users do it: `fetch`, `crawl`, `run`, `sources` and `backfill` against a site on loopback."""

import asyncio
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline.adapters.sqlite.frontier import SqliteFrontier
from pipeline.news.crawling.polling import Polled
from tests.command import Ended, command, environment, run
from tests.web_site import Handler, Request, Served, Site, answer, page, redirect

STORY = """<!doctype html><html lang="id"><head><title>Dermaga {number} dibuka</title>
<meta property="og:type" content="article"></head><body><article><h1>Dermaga {number} dibuka</h1>
<p>Sagara, 3 Mei 2031 - Kepala Pelabuhan Ratna Kusuma membuka dermaga {number} pada Senin.</p>
<p>"Dermaga {number} aman bagi semua kapal," kata Ratna Kusuma kepada wartawan di Sagara, nomor {number}.</p>
<p>Dermaga itu ditutup selama {number} pekan karena tiangnya retak dan harus diganti satu demi satu.</p>
</article></body></html>"""


@pytest.fixture
def site() -> Iterator[Site]:
    with Served() as site:
        yield site


def feed(*numbers: int) -> Handler:
    date = format_datetime(datetime.now(UTC))
    entries = "".join(f"<item><link>/berita/{n}</link><pubDate>{date}</pubDate></item>" for n in numbers)
    body = f"<rss version='2.0'><channel><title>Warta</title>{entries}</channel></rss>"
    return answer(200, body.encode(), "Content-Type: application/rss+xml")


def settings(site: Site) -> dict[str, str]:
    return {
        "PANTAU_PRIVATE_HOSTS": "127.0.0.1", "PANTAU_FETCH_PORTS": str(site.port), "PANTAU_FETCH_DELAY": "0",
        "PANTAU_METRICS_PORT": "0", "PANTAU_WORKERS": "0", "PANTAU_RECOGNISER": "none:", "COLUMNS": "200",
    }  # fmt: skip


def url(site: Site, path: str = "") -> str:
    return f"http://127.0.0.1:{site.port}{path}"


def home(tmp_path: Path, site: Site, path: str = "/feed", kind: str = "feed") -> Path:
    """A home folder whose catalog has one source."""
    folder = tmp_path / "home"
    (folder / "catalog").mkdir(parents=True)
    entry = f'[[source]]\nid = "warta"\nname = "Warta"\nurl = "{url(site, path)}"\nkind = "{kind}"\n'
    (folder / "catalog" / "sources.toml").write_text(entry, encoding="utf-8")
    return folder


def stories(site: Site, *numbers: int) -> None:
    site.routes |= {f"/berita/{number}": page(STORY.format(number=number)) for number in numbers}


def pantau(folder: Path, site: Site, *arguments: object) -> Ended:
    return run("--home", folder, *arguments, **settings(site))


def articles(folder: Path, site: Site) -> int:
    return int(pantau(folder, site, "status", "--json").json()["index"]["articles"])


def test_one_round_crawls_and_processes_and_ends(tmp_path: Path, site: Site) -> None:
    stories(site, 1, 2, 3)
    site.routes["/feed"] = feed(1, 2, 3)
    folder = home(tmp_path, site)
    ended = pantau(folder, site, "run", "--once")
    assert (ended.code, "found in 3 articles: 3 statements" in ended.out) == (0, True), ended
    assert articles(folder, site) == 3
    assert "3 articles listed for the first time, 3 pages fetched" in ended.out
    again = pantau(folder, site, "run", "--once")
    assert "found in 0 articles" in again.out
    assert len(site.paths()) == 4, "nothing is due"
    (status,) = pantau(folder, site, "sources", "status", "--json").json()
    assert status["items"] == [{"state": "fetched", "reason": "", "items": 3}]
    assert "127.0.0.1" in pantau(folder, site, "sources", "explain", "warta").out
    assert pantau(folder, site, "sources", "check").code == 0


def test_a_blocked_source_is_told_once_through_the_channel_and_reported(tmp_path: Path, site: Site) -> None:
    folder, now = home(tmp_path, site), datetime.now(UTC)
    frontier = SqliteFrontier(folder / "frontier.db")
    frontier.record(polled=Polled(
        "warta", url(site, "/feed"), now + timedelta(days=1), first=now - timedelta(days=9), at=now, failures=4,
        reason="denied", detail="it answers 403", since=now - timedelta(hours=10),
    ))  # fmt: skip
    frontier.close()
    for _ in range(2):
        assert pantau(folder, site, "run", "--once").code == 0
    (line,) = (folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["reason"], told["channels"], "recorded" in told) == ("blocked", ["feed:"], False)
    assert told["notice"]["title"].startswith("Warta is blocked since")
    assert "it answers 403" in told["notice"]["lines"][0]
    report = pantau(folder, site, "sources", "report")
    assert (report.code, "1 of the sources needs care" in report.out) == (0, True), report
    assert "what to do: look at an article in a browser" in report.out
    (row,) = pantau(folder, site, "sources", "report", "--json", "--since", "2020-01-01").json()["sources"]
    assert (row["id"], row["health"]["state"]) == ("warta", "blocked")
    assert pantau(folder, site, "sources", "report", "--since", "2999-01-01").code == 2
    assert pantau(tmp_path / "fresh", site, "sources", "report").code == 1, "every seed is paused"


def test_the_doctor_names_sources_that_can_be_looked_at_and_are_not_well(tmp_path: Path, site: Site) -> None:
    folder, now = home(tmp_path, site), datetime.now(UTC)
    frontier = SqliteFrontier(folder / "frontier.db")
    frontier.record(polled=Polled(
        "warta", url(site, "/feed"), now, first=now, at=now, face="Sebelum Anda lanjut", alike=5, alike_since=now
    ))  # fmt: skip
    frontier.close()
    ended = pantau(folder, site, "doctor")
    assert (ended.code, "warta need care" in ended.out) == (1, True), ended


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PANTAU_SOURCE_CHANNELS", "feed: mail:x@y.example", "did you mean 'mailto:you@example.org'"),
        ("PANTAU_SOURCE_CHANNELS", "webhook+https://", "no web address"),
        ("PANTAU_SOURCE_REPORT", "montag", "monday 07:00"),
        ("PANTAU_SOURCE_REPORT", "monday 07:00 Asia/Nowhere", "Asia/Jakarta"),
    ],
)
def test_settings_of_whom_sources_are_told_are_checked(
    tmp_path: Path, site: Site, name: str, value: str, said: str
) -> None:
    ended = run("--home", home(tmp_path, site), "crawl", "--once", **settings(site), **{name: value})
    assert (ended.code, name in ended.err, said in ended.err) == (2, True, True), ended


def test_run_crawls_while_it_runs_and_ends_when_it_is_told_to(tmp_path: Path, site: Site) -> None:
    stories(site, 1, 2)
    site.routes["/feed"] = feed(1, 2)
    folder = home(tmp_path, site)
    process = subprocess.Popen(
        command("--home", folder, "run"),
        env=environment(**settings(site)),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        until(lambda: len(site.paths()) >= 3, process)
        busy = pantau(folder, site, "crawl", "--once")
        assert (busy.code, "already runs" in busy.err) == (3, True)
        until(lambda: articles(folder, site) == 2, process)
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"Traceback" not in err


def until(so: "object", process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while not so():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_crawl_alone_puts_pages_in_line(tmp_path: Path, site: Site) -> None:
    stories(site, 1)
    site.routes["/feed"] = feed(1)
    folder = home(tmp_path, site)
    ended = pantau(folder, site, "crawl", "--once")
    assert (ended.code, ended.out) == (
        0, "1 articles listed for the first time, 1 pages fetched: `pantau sources status` shows more\n"
    )  # fmt: skip
    assert "found in 1 articles" in pantau(folder, site, "run", "--once", "--no-crawl").out


def test_single_pages_are_fetched_and_refused_with_reasons(tmp_path: Path, site: Site) -> None:
    stories(site, 1)
    site.routes["/pindah"] = redirect("/berita/1")
    site.routes["/gambar"] = answer(200, b"\x89PNG", "Content-Type: image/png")
    folder = home(tmp_path, site)
    addresses = [url(site, path) for path in ("/berita/1", "/pindah", "/gambar", "/tidak-ada")]
    ended = pantau(folder, site, "fetch", *addresses, "http://127.0.0.2/", "--json")
    found = ended.json()
    assert (ended.code, found["new"], found["known"], found["articles"]) == (1, 1, 1, 1)
    assert {one["reason"] for one in found["refused"]} == {"no-article-type", "gone", "private-address"}


def test_a_site_is_discovered_and_its_source_added(tmp_path: Path, site: Site) -> None:
    stories(site, 1, 2)
    news = "".join(f"<url><loc>{url(site, f'/berita/{n}')}</loc></url>" for n in (1, 2))
    head = '<html lang="id-ID"><meta property="og:site_name" content="Warta Kota">'
    head += '<link rel="alternate" type="application/rss+xml" href="/feed"><a href="/nasional">Nasional</a>'
    site.routes |= {
        "/": page(head), "/feed": feed(1, 2), "/peta.xml": answer(200, f"<urlset>{news}</urlset>".encode()),
        "/robots.txt": answer(200, f"Sitemap: {url(site, '/peta.xml')}\n".encode()),
    }  # fmt: skip
    folder = home(tmp_path, site)
    ended = pantau(folder, site, "sources", "discover", url(site, "/"), "--json", "--add")
    found = ended.json()
    assert ended.code == 0, ended
    assert {(one["kind"], one["articles"], one["why"]) for one in found["tried"]} >= {
        ("feed", 2, None),
        ("sitemap", 2, None),
    }
    (proposed,) = found["proposed"]
    assert (proposed["url"], proposed["name"], proposed["language"]) == (url(site, "/feed"), "Warta Kota", "id")
    shown = pantau(folder, site, "sources", "status", "--json").json()
    assert {one["id"] for one in shown} == {"warta", proposed["id"]}
    assert pantau(folder, site, "sources", "discover", url(site, "/tidak-ada")).code == 2


def test_opml_comes_in_and_goes_out(tmp_path: Path, site: Site) -> None:
    folder = home(tmp_path, site)
    outlines = '<outline text="Arus &amp; Kabar"><outline text="Arus" xmlUrl="https://arus.example/rss"/></outline>'
    (tmp_path / "in.opml").write_text(f"<opml version='2.0'><body>{outlines}</body></opml>", encoding="utf-8")
    ended = pantau(folder, site, "sources", "import", tmp_path / "in.opml", "--add")
    assert (ended.code, 'id = "arus"' in ended.out) == (0, True), ended
    exported = pantau(folder, site, "sources", "export").out
    assert 'xmlUrl="https://arus.example/rss"' in exported
    assert pantau(folder, site, "sources", "import", tmp_path / "in.opml").code == 1
    (tmp_path / "bad.opml").write_text("<html/>", encoding="utf-8")
    assert pantau(folder, site, "sources", "import", tmp_path / "bad.opml").code == 2


def test_stored_pages_go_out_as_warc_and_come_in_again(tmp_path: Path, site: Site) -> None:
    stories(site, 1, 2)
    site.routes["/feed"] = feed(1, 2)
    folder, file = home(tmp_path, site), tmp_path / "pages.warc.gz"
    assert pantau(folder, site, "crawl", "--once").code == 0
    (tmp_path / "teks.txt").write_text("Dermaga ketiga dibuka.\n" * 20, encoding="utf-8")
    assert pantau(folder, site, "ingest", "--queue", tmp_path / "teks.txt").code == 0
    ended = pantau(folder, site, "pages", "export", file)
    assert (ended.code, ended.err) == (0, "3 pages written\n")
    with file.open("rb") as packed:
        records = [
            (one.rec_type, one.rec_headers["WARC-Target-URI"], one.http_headers and one.http_headers["content-type"],
             one.content_stream().read())
            for one in ArchiveIterator(packed, check_digests="raise")
        ]  # fmt: skip
    html = "text/html; charset=utf-8"
    pages = {(url(site, f"/berita/{n}"), html, STORY.format(number=n).encode()) for n in (1, 2)}
    assert {record[1:] for record in records if record[0] == "response"} == pages
    assert [record[3][:8] for record in records if record[0] == "resource"] == [b"Dermaga "]
    assert pantau(folder, site, "pages", "export", file).code == 3, "a file is not overwritten"
    other = pantau(tmp_path / "other", site, "ingest", "--queue", file, "--json").json()
    assert (other["new"], len(other["refused"])) == (3, 0)
    none = pantau(folder, site, "pages", "export", tmp_path / "none.warc", "--source", "warta", "--since", "2999-01-01")
    assert (none.code, none.err) == (
        1, "pantau: no page of source 'warta' is stored since 2999-01-01: nothing was written\n"
    )  # fmt: skip
    assert not (tmp_path / "none.warc").exists()
    lost = pantau(folder, site, "pages", "export", tmp_path / "no-folder" / "none.warc")
    assert (lost.code, "choose another place" in lost.err) == (3, True)


def archive(site: Site, now: datetime) -> None:
    """A sitemap index whose three parts list articles of this month, the last, and a year ago."""

    def sitemap(*numbers: int, days: int) -> Handler:
        date = (now - timedelta(days=days)).date()
        rows = "".join(f"<url><loc>{url(site, f'/berita/{n}')}</loc><lastmod>{date}</lastmod></url>" for n in numbers)
        return answer(200, f"<urlset>{rows}</urlset>".encode())

    stories(site, *range(6))
    parts = "".join(f"<sitemap><loc>{url(site, path)}</loc></sitemap>" for path in ("/1.xml", "/2.xml", "/3.xml"))
    site.routes |= {
        "/index.xml": answer(200, f"<sitemapindex>{parts}</sitemapindex>".encode()),
        "/1.xml": sitemap(1, 2, days=20), "/2.xml": sitemap(3, 4, days=40), "/3.xml": sitemap(5, days=400),
    }  # fmt: skip


WALKED = "4 of 4 listings read, 4 articles found: `pantau sources status` shows more"


def test_a_backfill_goes_through_sitemaps_and_is_done_once(tmp_path: Path, site: Site) -> None:
    now = datetime.now(UTC)
    archive(site, now)
    folder = home(tmp_path, site, "/index.xml", "sitemap")
    since = f"{now - timedelta(days=60):%Y-%m-%d}"
    ended = pantau(folder, site, "backfill", "warta", "--since", since)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, WALKED)
    assert articles(folder, site) == 4
    site.log.clear()
    assert "this was done" in pantau(folder, site, "backfill", "warta", "--since", since).out
    assert not [path for path in site.paths() if path.startswith("/berita")]
    assert pantau(folder, site, "backfill", "warta", "--since", "2999-01-01").code == 2
    assert json.loads(pantau(folder, site, "sources", "status", "--json").out)[0]["id"] == "warta"


@pytest.mark.parametrize("seen", [2, 4, 6, 8])
def test_a_backfill_that_is_killed_goes_on_where_it_was(tmp_path: Path, site: Site, seen: int) -> None:
    now = datetime.now(UTC)
    archive(site, now)
    for path, handler in site.routes.items():
        site.routes[path] = slowly(handler)
    folder = home(tmp_path, site, "/index.xml", "sitemap")
    command_line = ("backfill", "warta", "--since", f"{now - timedelta(days=60):%Y-%m-%d}")
    with subprocess.Popen(
        command("--home", folder, *command_line), env=environment(**settings(site)), stderr=subprocess.PIPE
    ) as process:
        until(lambda: len(site.paths()) >= seen, process)
        process.kill()
    ended = pantau(folder, site, *command_line)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, WALKED), ended
    assert articles(folder, site) == 4
    often = Counter(site.paths())
    told = {path for path in often if path.startswith("/berita")}
    assert told == {f"/berita/{number}" for number in (1, 2, 3, 4)}
    assert max(often[path] for path in told) <= 2
    assert max(often.values()) <= 4, "the source itself is looked at as well, and each look is made again once"


def slowly(handler: Handler) -> Handler:
    """The same answers, after a fifth of a second."""

    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await handler(request, writer)

    return late
