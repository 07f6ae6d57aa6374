"""`pantau kibana push` against a server that plays the import interface of Kibana."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.kibana.__main__ import objects
from pipeline.adapters.kibana import parse
from pipeline.errors import Misuse
from tests.command import Pantau

KEY, PASSWORD = "key-of-kibana", "hush-hush"
SPACES = ("", "/s/news")


@dataclass
class Kibana:
    """What it is, what it refuses, and what it holds by space and id."""

    url: str = ""
    version: str = "8.19.13"
    ready: bool = True
    allowed: bool = True
    held: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    refuses: str = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Answer as Kibana does: the interface asks for who one is first, then for the header against forgery."""
        if not self.ready:
            return 503, "Kibana server is not ready yet"
        login = b64encode(f"elastic:{PASSWORD}".encode()).decode()
        if headers["Authorization"] not in (f"ApiKey {KEY}", f"Basic {login}"):
            return 401, {"statusCode": 401, "error": "Unauthorized", "message": "security_exception"}
        if (method, path) == ("GET", "/api/status"):
            return 200, {"version": {"number": self.version}}
        return self.imported(path, headers, body)

    def imported(self, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        space, _, rest = path.partition("/api/saved_objects/")
        if space not in SPACES or rest != "_import?overwrite=true":
            return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
        if not headers["kbn-xsrf"]:
            return 400, {"statusCode": 400, "message": "Request must contain a kbn-xsrf header."}
        if not self.allowed:
            return 403, {"statusCode": 403, "message": "Unable to bulk_create dashboard"}
        return 200, self.take(space, file_of(headers, body))

    def take(self, space: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
        there = {one["id"] for one in objects}
        errors = []
        for one in objects:
            missing = [r for r in one["references"] if r["id"] not in there]
            if one["id"] == self.refuses or missing:
                error = {"type": "missing_references", "references": missing or [{"type": "index-pattern", "id": "x"}]}
                errors.append({"type": one["type"], "id": one["id"], "error": error})
            else:
                self.held[space, one["type"], one["id"]] = one
        return {"success": not errors, "successCount": len(objects) - len(errors), "errors": errors}


def file_of(headers: Any, body: bytes) -> list[dict[str, Any]]:
    """The objects in a form with one file, whose name has to end in .ndjson."""
    form = BytesParser(EmailMessage, policy=HTTP).parsebytes(
        f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body
    )
    (part,) = form.iter_parts()
    assert part["Content-Disposition"].params["name"] == "file"
    assert str(part.get_filename()).endswith(".ndjson")
    return [json.loads(line) for line in part.get_payload(decode=True).splitlines()]  # type: ignore[union-attr]


@pytest.fixture
def kibana() -> Iterator[Kibana]:
    played = Kibana()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, found = played.answer(
                self.command, self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"] or 0))
            )
            content = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - named by the library

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield played
        server.shutdown()
        thread.join()


@pytest.fixture
def pantau(
    kibana: Kibana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Pantau:
    monkeypatch.setenv("PANTAU_KIBANA", kibana.url)
    (tmp_path / "key").write_text(KEY + "\n")
    monkeypatch.setenv("PANTAU_KIBANA_API_KEY_FILE", str(tmp_path / "key"))
    return Pantau(tmp_path / "home", monkeypatch, capsys)


@pytest.mark.parametrize("version", ["8.19.13", "9.2.1"])
def test_everything_gets_there_and_twice_is_as_good_as_once(pantau: Pantau, kibana: Kibana, version: str) -> None:
    kibana.version = version
    for _ in range(2):
        ended = pantau("kibana", "push")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.split()[:3] == ["6", "of", "6"]
    assert list(kibana.held.values()) == objects()


def test_another_space_and_another_prefix(pantau: Pantau, kibana: Kibana) -> None:
    assert pantau("kibana", "push", "--space", "news", "--prefix", "harian").code == 0
    assert {space for space, *_ in kibana.held} == {"/s/news"}
    view = next(one for one in kibana.held.values() if one["type"] == "index-pattern")
    assert view["attributes"]["title"].startswith("harian-")
    ended = pantau("kibana", "push", "--space", "nowhere")
    assert (ended.code, "no space 'nowhere'" in ended.err) == (3, True)


def test_a_password_in_the_url_is_used_and_not_shown(
    pantau: Pantau, kibana: Kibana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PANTAU_KIBANA_API_KEY_FILE")
    monkeypatch.setenv("PANTAU_KIBANA", kibana.url.replace("://", f"://elastic:{PASSWORD}@"))
    ended = pantau("kibana", "push")
    assert (ended.code, PASSWORD in ended.out + ended.err) == (0, False)
    monkeypatch.setenv("PANTAU_KIBANA", kibana.url.replace("://", "://elastic:wrong@"))
    ended = pantau("kibana", "push")
    assert (ended.code, "refuses the password or API key: correct" in ended.err) == (3, True)
    assert "wrong" not in ended.err


def test_an_object_that_is_refused_is_named(pantau: Pantau, kibana: Kibana) -> None:
    kibana.refuses = "pantau-coverage"
    ended = pantau("kibana", "push")
    assert ended.code == 1
    assert "Kibana did not take dashboard pantau-coverage: missing_references: x" in ended.err
    assert ended.out.startswith("5 of 6 saved objects")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"ready": False}, "is not ready yet (Kibana server is not ready yet): wait"),
        ({"allowed": False}, "does not allow this (Unable to bulk_create dashboard): give the user or API key"),
        ({"version": "7.17.1"}, "is 7.17.1: install one from 8.9 to 9.x"),
    ],
)
def test_a_kibana_that_does_not_take_them_is_said(
    pantau: Pantau, kibana: Kibana, state: dict[str, Any], said: str
) -> None:
    vars(kibana).update(state)
    ended = pantau("kibana", "push")
    assert (ended.code, said in ended.err, kibana.held) == (3, True, {}), ended.err


def test_a_kibana_that_is_away_or_not_named_is_said(pantau: Pantau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANTAU_KIBANA", "http://127.0.0.1:9")
    ended = pantau("kibana", "push")
    assert (ended.code, "no Kibana answers at http://127.0.0.1:9: start it, or correct" in ended.err) == (3, True)
    monkeypatch.delenv("PANTAU_KIBANA")
    ended = pantau("kibana", "push")
    assert (ended.code, "PANTAU_KIBANA is not set: write the address" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kibana:5601", "write http://host:5601"),
        ("http://x?cert=y", "option 'cert': there is ca"),
        ("https://user:hush@x?ca=/no/such", "there is no file /no/such"),
    ],
)
def test_a_wrong_url_is_refused_with_the_cure(url: str, said: str) -> None:
    with pytest.raises(Misuse, match=said) as raised:
        parse(url, {})
    assert "hush" not in str(raised.value)
