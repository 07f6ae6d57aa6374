"""Uploads over HTTP: every kind of body, what the answer says, and that what it says is in."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.news.urls import article_id
from tests.serving.service import ARTICLE, Service, problem, served

URL = "https://kabar.example/berita/1"


def test_a_page_is_in_when_the_answer_comes(service: Service) -> None:
    told = {"url": URL, "title": "Biaya naik", "author": "Ayu", "published": "2030-05-01", "language": "id"}
    answer = service.post(ARTICLE.encode(), "text/html; charset=utf-8", params=told)
    assert answer.status_code == 202
    (taken,) = answer.json()["articles"]
    assert (taken["id"], taken["revision"], taken["entry"]) == (article_id(URL, b""), 1, "new")
    assert answer.headers["location"] == taken["url"] == f"/articles/{taken['id']}"
    page = next(page for page in service.arrived() if page.article_id == taken["id"])
    assert service.page(page) == ARTICLE.encode()
    assert (page.source, page.charset, page.media_type, page.url) == ("upload", "utf-8", "text/html", URL)
    assert (page.hints.title, page.hints.authors, page.hints.language) == ("Biaya naik", ("Ayu",), "id")


def test_the_same_page_is_known_and_another_one_is_a_revision(service: Service) -> None:
    url = "https://kabar.example/berita/2"
    entries = [
        service.post(content, params={"url": url}).json()["articles"][0]
        for content in (b"<p>satu", b"<p>dua", b"<p>satu")
    ]
    assert [(entry["entry"], entry["revision"]) for entry in entries] == [("new", 1), ("changed", 2), ("known", 2)]


@pytest.mark.parametrize(
    ("media_type", "content", "stored"),
    [
        ("text/plain", "Kapal berlayar malam ini.\n", "text/plain"),
        ("text/markdown; charset=utf-8", "# Kapal\n\nBerlayar malam ini juga.\n", "text/plain"),
        ("text/plain; charset=iso-8859-1", "Le navire a levé l'ancre à midi.".encode("latin-1"), "text/plain"),
        ("application/xhtml+xml", "<html><p>Kapal lain berlayar.</p></html>", "text/html"),
        ("application/json", '{"text": "Kapal ketiga berlayar.", "url": "https://kabar.example/3"}', "text/plain"),
        ("application/json; charset=utf-8", '{"html": "<p>Kapal keempat."}', "text/html"),
        ("application/gzip", gzip.compress(b"<html><p>Kapal yang dikemas."), "text/html"),
        (
            "message/rfc822",
            b"From: a@b.example\nSubject: Kapal\nDate: Mon, 1 May 2028 10:00:00 +0000\n\nIsi surat.\n",
            "text/plain",
        ),
    ],
)
def test_one_page_of_each_type(service: Service, media_type: str, content: str | bytes, stored: str) -> None:
    answer = service.post(content if isinstance(content, bytes) else content.encode(), media_type)
    assert answer.status_code == 202, answer.text
    (taken,) = answer.json()["articles"]
    assert taken["entry"] == "new"
    assert next(page for page in service.arrived() if page.article_id == taken["id"]).media_type == stored


def test_what_is_uploaded_is_counted(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        lines = b'{"text": "Satu dua tiga."}\n{"text": "Satu dua tiga."}\nnonsense\n'
        assert service.post(lines, "application/x-ndjson").status_code == 202
        shown = {name: service.metric("pantau_uploads_total", outcome=name) for name in ("new", "known", "refused")}
        assert shown == {"new": 1, "known": 1, "refused": 1}
        assert service.metric("pantau_upload_bytes_total") == len(lines)


def test_an_array_gives_each_article_in_its_order_and_names_what_is_wrong(service: Service) -> None:
    answer = service.post(
        json.dumps([{"text": "Larik satu"}, {"teks": "salah"}, {"text": "Larik dua"}]), "application/json"
    )
    found = answer.json()
    assert [taken["name"] for taken in found["articles"]] == ["upload.json#1", "upload.json#3"]
    (refused,) = found["refused"]
    assert (refused["name"], refused["reason"]) == ("upload.json#2", "unknown-fields")
    assert "teks" in refused["detail"]


def test_a_stream_of_lines_is_taken_line_by_line(service: Service) -> None:
    def lines() -> Iterator[bytes]:
        for number in range(450):
            yield b"this is no JSON\n" if number == 200 else json.dumps({"text": f"Baris {number}"}).encode() + b"\n"

    found = service.post(lines(), "application/x-ndjson").json()
    assert len(found["articles"]) == 449
    assert len({taken["id"] for taken in found["articles"]}) == 449
    assert [refused["name"] for refused in found["refused"]] == ["upload.ndjson:201"]
    assert {taken["id"] for taken in found["articles"]} <= {page.article_id for page in service.arrived()}


def test_files_of_a_form_are_taken_with_the_fields_in_front_of_them(service: Service) -> None:
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("dalam/a.html", "<html><p>Di dalam arsip.</p></html>")
            archive.writestr("dalam/b.png", b"\x89PNG\r\n")
        parts = [
            ("url", (None, "https://kabar.example/formulir")),
            ("title", (None, "Judul formulir")),
            ("file", ("satu.html", b"<html><p>Formulir satu.</p></html>", "text/html")),
            ("file", ("dua.txt", "Zwei Schiffe für Ambara".encode("latin-1"), "text/plain; charset=iso-8859-1")),
            ("file", ("arsip.zip", packed.getvalue(), "application/zip")),
            ("catatan", (None, "what is this?")),
        ]
        answer = service.client.post("/articles", files=parts)
    found = answer.json()
    assert [taken["name"] for taken in found["articles"]] == ["satu.html", "dua.txt", "arsip.zip!dalam/a.html"]
    assert {(r["name"], r["reason"]) for r in found["refused"]} == {
        ("arsip.zip!dalam/b.png", "unsupported"),
        ("catatan", "unknown-fields"),
    }
    pages = {page.name: page for page in service.arrived()}
    assert (pages["satu.html"].url, pages["satu.html"].hints.title) == (
        "https://kabar.example/formulir",
        "Judul formulir",
    )
    assert (pages["dua.txt"].url, pages["dua.txt"].charset) == (None, "iso-8859-1")


def test_an_upload_of_which_nothing_can_be_used_is_a_problem(service: Service) -> None:
    before = len(service.arrived())
    found = problem(service.post(b'[{"teks": 1}, {"text": " "}]', "application/json"), 422, "refused")
    assert [refused["reason"] for refused in found["refused"]] == ["unknown-fields", "empty"]
    assert len(service.arrived()) == before


# Sent again


def test_the_same_upload_under_its_key_gets_the_same_answer_and_nothing_happens(service: Service) -> None:
    headers = {"Idempotency-Key": "7d1c9a40-8e0e-4d0e-9b5f-3f9d2a3c7d11"}
    first = service.post(b"<p>Sekali saja.", headers=headers)
    before = len(service.arrived())
    again = service.post(b"<p>Sekali saja.", headers=headers)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.json()["articles"][0]["entry"] == "new"
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert len(service.arrived()) == before


def test_the_same_upload_is_the_same_in_any_script(service: Service) -> None:
    told = {"title": "Корабль уходит в море", "outlet": "海の新聞"}
    headers = {"Idempotency-Key": "segala-aksara"}
    answers = [service.post("<p>Судно ушло.".encode(), headers=headers, params=told) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_another_upload_under_the_same_key_is_a_mistake(service: Service) -> None:
    headers = {"Idempotency-Key": "satu-kunci"}
    assert service.post(b"<p>Satu kunci.", headers=headers).status_code == 202
    problem(service.post(b"<p>Lain isinya.", headers=headers), 422, "key-reused")
    problem(service.post(b"<p>Satu kunci.", headers=headers, params={"title": "Lain"}), 422, "key-reused")


def test_each_sender_has_names_of_his_own(service: Service) -> None:
    headers = {"Idempotency-Key": "dipakai-dua-kali"}
    _, other = service.keys.make("other", ("upload",), service.house.clock.now())
    assert service.post(b"<p>Pengirim satu.", headers=headers).status_code == 202
    assert service.post(b"<p>Pengirim dua.", headers={**headers, **service.authorized(other)}).status_code == 202


def test_a_refused_upload_may_be_mended_under_its_key(service: Service) -> None:
    headers = {"Idempotency-Key": "diperbaiki"}
    problem(service.post(b"{", "application/json", headers=headers), 400, "bad-body")
    assert service.post(b'{"text": "Diperbaiki."}', "application/json", headers=headers).status_code == 202


def test_the_same_upload_at_the_same_time_is_told_so(service: Service) -> None:
    head = (
        f"POST /articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nContent-Type: text/html\r\n"
        "Idempotency-Key: bersamaan\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n"
    )
    with service.connect() as slow:
        slow.sendall(head.encode())
        assert slow.recv(65536).startswith(b"HTTP/1.1 100 "), "from here on it is at work"
        problem(service.post(b"<p>Bersamaan.", headers={"Idempotency-Key": "bersamaan"}), 409, "in-progress")
        slow.sendall(b"<p>Bersamaan.\n")
        assert slow.recv(65536).startswith(b"HTTP/1.1 202 ")


def test_a_wrong_idempotency_key_is_refused(service: Service) -> None:
    problem(service.post(b"<p>x", headers={"Idempotency-Key": "x" * 256}), 400, "bad-header")
    problem(service.post(b"<p>x", headers={"Idempotency-Key": "with space"}), 400, "bad-header")


# Where it is


def test_the_status_of_an_article_follows_it_through_the_flow(service: Service) -> None:
    page = service.post(ARTICLE.replace("Selaraya", "Lomara").encode()).json()["articles"][0]
    waiting = service.client.get(page["url"]).json()
    assert (waiting["state"], waiting["revision"], [step["by"] for step in waiting["steps"]]) == (
        "waiting",
        1,
        ["upload"],
    )
    bad = service.post(b"<html><title>Just a moment...</title><p>Checking your browser.</p></html>").json()["articles"][
        0
    ]
    service.work()
    indexed = service.client.get(page["url"]).json()
    assert indexed["state"] == "indexed"
    assert {"pages-fetched", "articles-cleaned", "articles-marked", "articles-extracted"} <= {
        s["topic"] for s in indexed["steps"]
    }
    refused = service.client.get(bad["url"]).json()
    assert (refused["state"], refused["reason"]) == ("refused", "bot-check")
    assert "upload what you see" in refused["detail"]


def test_a_new_revision_waits_although_the_one_before_is_indexed(service: Service) -> None:
    url = {"url": "https://kabar.example/berubah"}
    service.post(ARTICLE.replace("Selaraya", "Ambara").encode(), params=url)
    service.work()
    page = service.post(ARTICLE.replace("Selaraya", "Sagara").encode(), params=url).json()["articles"][0]
    found = service.client.get(page["url"]).json()
    assert (found["state"], found["revision"]) == ("waiting", 2)


@pytest.mark.parametrize("id", ["0" * 20, "nonsense", "%2e%2e", "0" * 20 + "%0d%0aSet-Cookie:%20a=b"])
def test_an_article_that_nobody_sent_is_not_found(service: Service, id: str) -> None:
    answer = service.client.get(f"/articles/{id}")
    problem(answer, 404, "not-found")
    assert "set-cookie" not in answer.headers
