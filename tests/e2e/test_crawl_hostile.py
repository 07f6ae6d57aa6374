"""Sites that are out to harm, crawled for real: each page ends as a named reason, nothing inside is called, in 400 MB.

The site is at `localhost`, which a setting permits by that name; a trap on another port is reached by all others.
"""

import asyncio
import gzip
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli
import pytest
import zstandard

from tests.command import command, environment, run
from tests.web_site import Handler, Request, Site, answer, page, redirect

ZEROS = b"0" * 100_000_000
MEMORY_MAX = 400_000_000
HTML, XML = "Content-Type: text/html", "Content-Type: application/rss+xml"
LAUGHS = "".join(f"<!ENTITY a{n} '{f'&a{n + 1};' * 10}'>" for n in range(20)) + "<!ENTITY a20 'ha'>"


def packed(body: bytes, coding: str) -> Handler:
    return answer(200, body, HTML, f"Content-Encoding: {coding}")


async def _endless(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def _heady(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10**6 + b"\r\nContent-Length: 1\r\n\r\nx")
    await writer.drain()


def bodies() -> dict[str, tuple[Handler, str | None]]:
    """Pages by path, each with the reason for which it is not kept; None for those that harm nobody."""
    zstd = zstandard.ZstdCompressor().compress
    twice = gzip.compress(gzip.compress(b"<p>dua</p>" * 99))
    return {
        "/gzip": (packed(gzip.compress(ZEROS, 9), "gzip"), "bomb"),
        "/br": (packed(brotli.compress(ZEROS, quality=4), "br"), "bomb"),
        "/zstd": (packed(zstd(ZEROS), "zstd"), "bomb"),
        "/double": (packed(gzip.compress(gzip.compress(ZEROS, 9)), "gzip, gzip"), "encoding"),
        "/hidden-double": (packed(twice, "gzip"), "encoding"),
        "/endless": (_endless, "too-large"),
        "/gigabyte": (answer(200, b"x", HTML, length=10**9), "too-large"),
        "/header": (_heady, "broken-answer"),
        "/charset": (answer(200, b"\xff\xfe\x00\x00<p>bohong", "Content-Type: text/html; charset=utf-7"), None),
        "/deep": (answer(200, b"<div>" * 300_000, HTML), None),
        "/picture": (answer(200, b"\x89PNG\r\n", "Content-Type: image/png"), "no-article-type"),
    }


def inside(port: int) -> list[str]:
    """Names of this machine that no setting permits."""
    names = (
        "127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "0", "127。0。0。1", "①②⑦.0.0.1", "[::1]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::ffff:169.254.169.254]", "a@127.0.0.1", "a.example\\@127.0.0.1",
    )  # fmt: skip
    return [f"http://{name}:{port}/inside-{number}" for number, name in enumerate(names)]


def feed(links: list[str], before: str = "") -> bytes:
    entries = "".join(f"<item><link>{link}</link></item>" for link in links)
    return f"{before}<rss version='2.0'><channel>{entries}</channel></rss>".encode()


def feeds(trap: int) -> dict[str, bytes]:
    """Listings that are out to harm."""
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:{trap}/xxe"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return {
        "laughs": feed(["/&a0;"], f"<!DOCTYPE x [{LAUGHS}]>"),
        "xxe": feed(["/&e;", "/&f;"], outside),
        "many": feed([f"http://127.0.0.1:{trap}/{number}" for number in range(100_000)]),
        "linkless": b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 1000 + b"</channel></rss>",
        "bomb": gzip.compress(b"<rss>" + ZEROS),
    }


@contextmanager
def playing(site: Site) -> Iterator[Site]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)

    def done(work: Callable[[], Awaitable[object]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), loop).result()  # type: ignore[arg-type]

    thread.start()
    done(site.__aenter__)
    try:
        yield site
    finally:
        done(site.__aexit__)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
def test_a_hostile_world_costs_reasons_and_nothing_else(tmp_path: Path) -> None:
    known, home = bodies(), tmp_path / "home"
    with playing(Site()) as site, playing(Site()) as trap:
        targets = inside(trap.port)
        ways = {f"/way{status}": redirect(targets[0], status) for status in (301, 302, 303, 307, 308)}
        ways["/refresh"] = page(f"<meta http-equiv=refresh content='0; url={targets[1]}'>")
        site.routes |= {path: handler for path, (handler, _) in known.items()} | ways
        site.routes["/feed"] = answer(200, feed([*known, *ways, *targets]), XML)
        site.routes |= {f"/{name}": answer(200, body, XML) for name, body in feeds(trap.port).items()}
        base = f"http://localhost:{site.port}"
        entries = [f'[[source]]\nid = "{name}"\nname = "{name}"\nurl = "{base}/{name}"\n'
                   for name in ("feed", *feeds(trap.port))]  # fmt: skip
        (home / "catalog").mkdir(parents=True)
        (home / "catalog" / "sources.toml").write_text("\n".join(entries), encoding="utf-8")
        settings = {
            "PANTAU_PRIVATE_HOSTS": "localhost", "PANTAU_FETCH_PORTS": f"{site.port},{trap.port}",
            "PANTAU_FETCH_DELAY": "0", "PANTAU_METRICS_PORT": "0",
        }  # fmt: skip
        code, held = measured(home, settings)
        status = run("--home", home, "sources", "status", "--json", **settings).json()
    assert (code, trap.connections) == (0, 0)
    assert held < MEMORY_MAX
    found = {one["id"]: one for one in status}
    reasons = {item["reason"]: item["items"] for item in found["feed"]["items"] if item["state"] == "refused"}
    wanted = [reason for _, reason in known.values() if reason and reason != "broken-answer"]
    assert {reason: reasons.get(reason) for reason in wanted} == {reason: wanted.count(reason) for reason in wanted}
    assert reasons["private-address"] + reasons["bad-url"] == len(ways) + len(targets)
    waiting = {item["reason"] for item in found["feed"]["items"] if item["state"] == "waiting"}
    assert waiting <= {"broken-answer"}, "what may pass is tried again"
    named = {name: one["reason"] or {item["reason"] for item in one["items"]} for name, one in found.items()}
    assert named["linkless"] == "no-links"
    assert named["bomb"] in ("too-costly", "bomb")
    assert named["laughs"] in ("broken-listing", "too-costly", {"gone"}, {"bad-url"})
    assert named["many"] in ("too-costly", {"private-address"}, {"private-address", "too-many-hosts"})
    assert "root:" not in json.dumps(status)


def measured(home: Path, settings: dict[str, str]) -> tuple[int, int]:
    """The exit code of one round of crawling, and the most memory in bytes that it and the process that reads held."""
    process = subprocess.Popen(
        command("--home", home, "crawl", "--once"), env=environment(**settings), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    own = children = 0
    while process.poll() is None:
        own = max(own, _peak(process.pid))
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        children = max(children, sum(map(_peak, map(int, _text(found).split()))))
        time.sleep(0.02)
    return process.returncode, own + children


def _peak(pid: int) -> int:
    """The most memory that a process held so far, in bytes; 0 when it is gone."""
    found = re.search(r"VmHWM:\s+(\d+) kB", _text(Path(f"/proc/{pid}/status")))
    return int(found[1]) * 1024 if found else 0


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
