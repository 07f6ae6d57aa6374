"""The channel `atom:`: a feed of each watch for feed readers, as Atom (RFC 4287) and as JSON Feed 1.1.

feeds/WATCH.json holds the newest alerts; feeds/WATCH.xml is the same, written from it. Any web server can serve them.
"""

import fcntl
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from pipeline.errors import StorageFull, Unavailable
from pipeline.news.telling import digest_html, inert, subject, text, web_address
from schemas.alert import AlertRaised

NEWEST = 100
"""Alerts of a feed."""
_Item = dict[str, Any]


class Atom:
    """Two files for each watch, each replaced at once. An alert that is there already is replaced, not doubled."""

    together = True

    def __init__(self, home: Path) -> None:
        self._folder = home / "feeds"

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel."""
        watch = alerts[0].watch_id
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                path = self._folder / f"{watch}.json"
                known = _items(path)
                new = {item["id"]: item for item in map(_item, alerts)}
                items = [*reversed(new.values()), *(item for item in known if item["id"] not in new)][:NEWEST]
                title = inert(alerts[0].watch)
                _replace(path, msgspec.json.format(msgspec.json.encode(_json_feed(title, items))))
                _replace(path.with_suffix(".xml"), _atom(watch, title, items).encode())
        except OSError as error:
            if error.errno == 28:
                raise StorageFull(f"no room left for {self._folder}: free some space; nothing is lost") from error
            raise Unavailable(f"cannot write {self._folder} ({error.strerror}): choose another --home") from error

    def examine(self, url: str) -> str:
        """See Channel."""
        folder = self._folder if self._folder.exists() else self._folder.parent
        if not os.access(folder, os.W_OK):
            raise Unavailable(f"Pantau may not write {folder}: give it the right, or choose another --home")
        return f"{len(list(self._folder.glob('*.xml'))) if self._folder.exists() else 0} feeds in {self._folder.name}"


def _items(path: Path) -> list[_Item]:
    """What a feed holds; a file that somebody damaged is begun anew."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Any]).get("items", [])
    except (FileNotFoundError, msgspec.DecodeError):
        return []
    return [item for item in found if isinstance(item, dict) and "id" in item]


def _item(alert: AlertRaised) -> _Item:
    item = {
        "id": f"urn:pantau:alert:{alert.alert_id}",
        "title": ("SAMPLE: " if alert.sample else "") + subject([alert]),
        "content_html": digest_html([alert]),
        "content_text": text(alert),
        "date_published": alert.raised_at.isoformat(),
    }
    url = web_address(alert.notice.url if alert.notice else alert.heard.carrier.url)
    return item | ({"url": url} if url else {})


def _json_feed(title: str, items: list[_Item]) -> dict[str, Any]:
    return {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": items}


def _atom(watch: str, title: str, items: list[_Item]) -> str:
    updated = max(item["date_published"] for item in items)
    head = f"<id>urn:pantau:watch:{escape(watch)}</id><title>{escape(title)}</title><updated>{updated}</updated>"
    entries = "\n".join(map(_entry, items))
    author = "<author><name>Pantau</name></author>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">{head}{author}\n{entries}\n'
        "</feed>\n"
    )


def _entry(item: _Item) -> str:
    link = f"<link href={quoteattr(item['url'])}/>" if "url" in item else ""
    return (
        f"<entry><id>{escape(item['id'])}</id><title>{escape(item['title'])}</title>{link}"
        f"<updated>{item['date_published']}</updated>"
        f'<content type="html">{escape(item["content_html"])}</content></entry>'
    )


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
