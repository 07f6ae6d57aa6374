"""Requests made to harm: each ends with a problem document that names the cure, and the server goes on."""

import errno
import io
import json
import socket
import tarfile
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from pipeline.errors import StorageFull
from pipeline.serving import access, bodies, guard, protocol
from tests.serving.service import ARTICLE, NOW, Service, everything, problem


@pytest.fixture(autouse=True)
def _unharmed(service: Service) -> Iterator[None]:
    """Nothing of it is taken, and an honest upload is, afterwards as before."""
    before = len(service.arrived())
    yield
    assert len(service.arrived()) == before
    honest = service.post(b"<p>Jujur " + str(time.monotonic_ns()).encode())
    assert (honest.status_code, len(service.arrived())) == (202, before + 1)


def split(answer: bytes) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and problem document of an answer as it came over the wire."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split(" ")[1]), headers, json.loads(body[: int(headers["content-length"])])


def raw_problem(answer: bytes, status: int, kind: str) -> None:
    got, headers, document = split(answer)
    assert (got, headers["content-type"], document["type"]) == (status, "application/problem+json", f"/problems/{kind}")
    assert ":" in str(document["detail"])


def head(service: Service, *lines: str, path: str = "/articles") -> bytes:
    """The head of a POST with a good key."""
    own = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {service.key}", *lines]
    return "\r\n".join([*own, "", ""]).encode("latin-1")


# Keys


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "no-key"),
        ("", "no-key"),
        ("Basic YTpi", "no-key"),
        ("Bearer", "no-key"),
        ("Bearer nonsense", "wrong-key"),
        ("Bearer pantau_000000000000_" + "A" * 43, "wrong-key"),
        ("Bearer pantau__", "wrong-key"),
        ("Bearer " + "x" * 8000, "wrong-key"),
    ],
)
def test_without_a_key_nothing_is_taken(service: Service, header: str | None, kind: str) -> None:
    headers = {"Content-Type": "text/html"} | ({"Authorization": header} if header is not None else {})
    for method, path in (("POST", "/articles"), ("GET", "/articles/" + "0" * 20)):
        answer = httpx.request(method, service.url + path, headers=headers, content=ARTICLE)
        problem(answer, 401, kind)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_half_a_key_opens_nothing(service: Service) -> None:
    mark, id, secret = service.key.split("_", 2)
    for words in (
        f"{mark}_{id}_",
        f"{mark}_{id}_{secret[:-1]}",
        f"{mark}_{id}_{secret}x",
        f"{mark}_{id.upper()}_{secret}x",
        secret,
    ):
        problem(service.post(b"<p>x", headers=service.authorized(words)), 401, "wrong-key")


def test_a_revoked_key_opens_nothing_from_the_next_request_on(service: Service) -> None:
    key, words = service.keys.make("short-lived", ("upload", "status"), NOW)
    assert service.client.get("/articles/" + "0" * 20, headers=service.authorized(words)).status_code == 404
    service.keys.revoke(key.id, NOW)
    found = problem(service.post(b"<p>x", headers=service.authorized(words)), 401, "revoked-key")
    assert "short-lived" in found["detail"]


def test_an_expired_key_opens_nothing(service: Service) -> None:
    past = service.house.clock.now() - timedelta(days=2)
    _, words = service.keys.make("expired", ("upload",), past, past + timedelta(days=1))
    problem(service.post(b"<p>x", headers=service.authorized(words)), 401, "expired-key")


def test_a_key_for_something_else_opens_nothing(service: Service) -> None:
    _, asks = service.keys.make("asks", ("status",), NOW)
    _, sends = service.keys.make("sends", ("upload",), NOW)
    problem(service.post(b"<p>x", headers=service.authorized(asks)), 403, "wrong-scope")
    problem(service.client.get("/articles/" + "0" * 20, headers=service.authorized(sends)), 403, "wrong-scope")


def test_a_key_that_is_used_too_often_has_to_wait(service: Service) -> None:
    _, words = service.keys.make("eager", ("status",), NOW, per_minute=5)
    answers = [service.client.get("/articles/" + "0" * 20, headers=service.authorized(words)) for _ in range(6)]
    assert [answer.status_code for answer in answers[:5]] == [404] * 5
    problem(answers[5], 429, "too-often")
    assert 1 <= int(answers[5].headers["retry-after"]) <= 12


def test_a_key_that_sent_too_many_bytes_has_to_wait(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    _, words = service.keys.make("heavy", ("upload",), NOW)
    monkeypatch.setattr(access, "BYTES_PER_MINUTE", 1_000)
    assert service.post(b" " * 2_000, headers=service.authorized(words)).status_code == 400
    problem(service.post(b"<p>x", headers=service.authorized(words)), 429, "too-often")


# Too large, too slow


def test_a_body_that_is_declared_too_large_is_refused_before_it_comes(service: Service) -> None:
    for more in ([], ["Expect: 100-continue"]):
        answer = service.raw(head(service, "Content-Type: text/html", "Content-Length: 1000000000", *more))
        assert not answer.startswith(b"HTTP/1.1 100")
        raw_problem(answer, 413, "too-large")


def test_an_endless_body_is_refused_at_the_limit_and_the_sender_sees_why(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_MAX", 1_000_000)
    sent = 0
    with service.connect() as connection:
        connection.sendall(head(service, "Content-Type: text/html", "Transfer-Encoding: chunked"))
        try:
            while sent < 200_000_000:
                sent += connection.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
                if sent > 2_000_000:
                    time.sleep(0.01)  # what is sent on is dropped for two seconds
        except OSError:
            pass
        raw_problem(everything(connection).removesuffix(b"[reset]"), 413, "too-large")
    assert sent < 100_000_000


def test_a_head_that_comes_too_slowly_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    for beginning in (b"", b"POST /art", head(service, "Content-Length: 5")[:-2]):
        with service.connect() as connection:
            connection.sendall(beginning)
            raw_problem(everything(connection), 408, "too-slow")


def test_a_second_head_that_comes_too_slowly_is_given_up_too(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    with service.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok\n"):
            answer += connection.recv(65536)
        connection.sendall(b"GET /hea")
        raw_problem(everything(connection), 408, "too-slow")


def test_a_body_that_pauses_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PAUSE_SECONDS", 0.5)
    answer = service.raw(head(service, "Content-Type: text/html", "Content-Length: 100") + b"<p>Sepotong")
    raw_problem(answer, 408, "too-slow")


def test_a_body_that_drips_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PAUSE_SECONDS", 0.4)
    with service.connect() as connection:
        connection.sendall(head(service, "Content-Type: text/html", "Content-Length: 100000"))
        connection.setblocking(False)
        for _ in range(100):
            time.sleep(0.05)
            try:
                connection.send(b"x")
                if connection.recv(1, socket.MSG_PEEK):
                    break
            except BlockingIOError:
                continue
        connection.settimeout(10)
        raw_problem(everything(connection), 408, "too-slow")


def test_no_request_lasts_longer_than_it_may(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "REQUEST_SECONDS", 0.5)
    answer = service.raw(head(service, "Content-Type: text/html", "Content-Length: 100") + b"<p>Sepotong")
    raw_problem(answer, 408, "too-slow")
    assert b"more than" in answer


def test_a_sender_who_leaves_in_the_middle_leaves_nothing(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(head(service, "Content-Type: text/html", "Content-Length: 100000") + ARTICLE.encode()[:300])


class Full(io.BytesIO):
    def write(self, content: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_without_room_for_an_upload_is_named() -> None:
    with pytest.raises(StorageFull, match="free some, or set TMPDIR"):
        bodies.keep(Full(), b"<p>")


# What is no JSON, no charset, no type


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "bad-body"),
        (b"", 400, "bad-body"),
        (b"   \n ", 400, "bad-body"),
        (b'{"text": "\xff\xfe\xfd kapal"}', 400, "bad-body"),
        (b'{"text": ' + b"[" * 200_000, 400, "bad-body"),
        (b'[{"text": ' + b'{"a":' * 100_000, 400, "bad-body"),
        (b'{"text": 1' + b"0" * 5000 + b"}", 400, "bad-body"),
        (b"[1, 2]", 422, "refused"),
        (b'{"url": "https://kabar.example/"}', 422, "refused"),
        (b'{"text": ["a", "b"]}', 400, "bad-body"),
    ],
)
def test_bad_json_is_refused(service: Service, body: bytes, status: int, kind: str) -> None:
    problem(service.post(body, "application/json"), status, kind)
    assert service.post(body, "application/x-ndjson").status_code in (400, 422)


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/html; charset=klingon-1", "bad-charset"),
        ('text/html; charset="a\'b"', "bad-charset"),
        ("application/json; charset=utf-16", "bad-charset"),
        ("multipart/form-data", "bad-header"),
        ("multipart/form-data; boundary=" + "b" * 71, "bad-header"),
        ('multipart/form-data; boundary=""', "bad-header"),
    ],
)
def test_a_bad_charset_or_boundary_is_refused(service: Service, media_type: str, kind: str) -> None:
    problem(service.post(b"<p>Kapal", media_type), 400, kind)


@pytest.mark.parametrize(
    "media_type", ["image/png", "text/css", "application/octet-stream", "nonsense", "multipart/mixed"]
)
def test_a_type_that_is_not_read_is_refused_with_those_that_are(service: Service, media_type: str) -> None:
    assert "text/html" in problem(service.post(b"<p>Kapal", media_type), 415, "unsupported")["accepted"]


def test_no_type_at_all_is_refused(service: Service) -> None:
    problem(service.client.post("/articles", content=b"<p>Kapal"), 415, "unsupported")


def test_an_encoded_body_is_refused(service: Service) -> None:
    problem(service.post(b"\x1f\x8b\x08", headers={"Content-Encoding": "gzip"}), 415, "unsupported")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"\x89PNG\r\n\x1a\n" + bytes(500), "text/html"), (bytes(5000), "text/plain"), (b"<p>Kapal", "application/pdf")],
)
def test_bytes_that_are_not_what_they_are_called_are_refused(service: Service, content: bytes, media_type: str) -> None:
    assert service.post(content, media_type).status_code in (400, 415)


# Archives and forms


def zipped(files: int, content: bytes) -> bytes:
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(files):
                archive.writestr(f"{number}.html", content)
        return packed.getvalue()


def test_a_zip_of_more_files_than_a_request_may_have_is_refused(service: Service) -> None:
    answer = service.post(zipped(12_000, b""), "application/zip")
    assert answer.status_code in (400, 413)
    assert answer.json()["refused"][0]["detail"]


def test_a_zip_bomb_is_refused(service: Service) -> None:
    problem(service.post(zipped(1, b"a" * 50_000_000), "application/zip"), 413, "too-large")


def test_names_that_climb_out_of_an_archive_are_refused(service: Service) -> None:
    with io.BytesIO() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in ("../../etc/cron.d/x.html", "/etc/x.html"):
                member = tarfile.TarInfo(name)
                member.size = 4
                archive.addfile(member, io.BytesIO(b"<p>x"))
        answer = service.post(packed.getvalue(), "application/x-tar")
    assert {refused["reason"] for refused in problem(answer, 422, "refused")["refused"]} == {"unsafe-path"}


def form(*parts: bytes, end: bytes = b"--grenze--\r\n") -> bytes:
    return b"".join(b"--grenze\r\n" + part + b"\r\n" for part in parts) + end


FORM = "multipart/form-data; boundary=grenze"
FILE = b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form(),
        form(end=b""),
        form(b"Content-Disposition: form-data"),
        form(b'Content-Disposition: form-data; name="file"; filename="a.html"'),
        form(b"X: " + b"y" * 100_000 + b"\r\n\r\nz"),
        form(*[b"A: b\r\n" * 50 + b"\r\nz"]),
        form(FILE % (b"a.html", b"")),
        form(
            b'Content-Disposition: form-data; name="file"; filename="a.html"\r\n'
            b"Content-Type: text/html; charset=x\r\n\r\n<p>"
        ),
        form(b'Content-Disposition: form-data; name="url"\r\n\r\njavascript:alert(1)', FILE % (b"a.html", b"<p>x")),
        form(*[b'Content-Disposition: form-data; name="url"\r\n\r\nhttps://a.example/'] * 3000),
        b"--grenze\r\n" * 100_000,
    ],
)
def test_a_form_that_cannot_be_read_is_refused(service: Service, body: bytes) -> None:
    answer = service.post(body, FORM)
    assert answer.status_code in (400, 413, 415, 422)
    problem(answer, answer.status_code, answer.json()["type"].removeprefix("/problems/"))


def test_an_address_that_is_none_is_refused(service: Service) -> None:
    for url in ("javascript:alert(1)", "file:///etc/passwd", "//kabar.example", "https://a b", "https://[", "x" * 9000):
        problem(service.post(b"<p>Kapal", params={"url": url}), 400, "bad-header")


# HTTP itself


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\r\n\r\n\r\n",
        b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /articles HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"POST /articles HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n",
        b"GET /\x80\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_so(service: Service, request_bytes: bytes) -> None:
    raw_problem(service.raw(request_bytes), 400, "bad-request")


def test_headers_without_end_are_refused(service: Service) -> None:
    raw_problem(service.raw(b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000), 431, "headers-too-large")


def test_a_broken_chunk_is_refused(service: Service) -> None:
    request = head(service, "Content-Type: text/html", "Transfer-Encoding: chunked") + b"5\r\n<p>Ka\r\nZZZ\r\n"
    raw_problem(service.raw(request), 400, "bad-request")


def test_line_breaks_in_headers_and_names_get_nowhere(service: Service) -> None:
    tricks = (
        head(service, "Content-Type: text/html\r\n X-Folded: 1", "Content-Length: 0", "Connection: close"),
        head(service, "Idempotency-Key: a\rSet-Cookie: b=c", "Content-Length: 0"),
        head(service, "Idempotency-Key: a%0d%0aSet-Cookie: b=c", "Content-Length: 0", "Connection: close"),
    )
    for trick in tricks:
        answer = service.raw(trick)
        assert b"set-cookie" not in answer.lower().partition(b"\r\n\r\n")[0]
        assert split(answer)[0] in (400, 415)
    name = b"a%0d%0aX-Evil: 1\x1b[2J.html"
    found = problem(service.post(form(FILE % (name, b"")), FORM), 400, "bad-body")
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
    assert "\n" not in found["refused"][0]["name"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "//articles", "/articles/", "/articles/../keys", "/articles/..%2f..%2fetc%2fpasswd", "/articles/%00",
        "/../api-keys.json", "/send.js/../api-keys.json", "/ARTICLES", "/articles;x=1", "/problems/..",
        "/problems/nonsense", "/watches/a/b/pause", "/%ff%fe",
    ],
)  # fmt: skip
def test_other_paths_lead_nowhere(service: Service, path: str) -> None:
    answer = service.raw(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nConnection: close\r\n\r\n".encode()
    )
    assert split(answer)[0] in (404, 405)
    assert split(answer)[1]["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_are_refused_with_the_right_one(service: Service, method: str) -> None:
    answer = service.client.request(method, "/articles")
    problem(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"


def test_no_other_site_may_read_an_answer(service: Service) -> None:
    answer = service.client.get("/openapi.json", headers={"Origin": "https://jahat.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["x-content-type-options"] == "nosniff"
