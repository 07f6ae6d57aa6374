"""A thousand connections at once: those that say nothing go away, those that send are all answered and all in."""

import asyncio
import json
import os
import resource
from pathlib import Path

import pytest

from pipeline.serving import protocol
from tests.serving.service import Service, everything, served

MANY = 1000


@pytest.fixture(autouse=True)
def _files() -> None:
    """Both ends of each connection are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5 * MANY:
        pytest.skip(f"this machine allows {hard} files a process, and both ends of {MANY} connections need more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 10 * MANY)), hard))


def memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_uploads_at_once_are_all_answered_and_what_was_taken_is_in(service: Service) -> None:
    async def upload(number: int) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))
        body = b'{"text": "Serentak %d"}' % number
        head = f"POST /articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
        return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]

    async def all_at_once() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*map(upload, range(MANY)))

    answers = asyncio.run(all_at_once())
    assert {status for status, _ in answers} <= {202, 503}
    taken = {json.loads(body)["articles"][0]["id"] for status, body in answers if status == 202}
    assert len(taken) > MANY / 2
    assert taken <= {page.article_id for page in service.arrived()}


def test_a_thousand_connections_that_say_nothing_go_away(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    before = memory()
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 3.0)
    silent = [service.connect() for _ in range(MANY)]
    assert service.post(b"<p>Di antara mereka.").status_code == 202
    assert memory() - before < 150_000_000
    for connection in silent:
        assert b" 408 " in everything(connection).splitlines()[0]
        connection.close()
    assert service.client.get("/health").status_code == 200


def test_more_connections_than_there_may_be_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS", 20)
    with served(tmp_path) as small:
        silent = [small.connect() for _ in range(25)]
        for connection in silent[20:]:
            answer = everything(connection)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 5\r\n" in answer
        for connection in silent:
            connection.close()
        for _ in range(50):
            if small.client.get("/health").status_code == 200:
                break
        assert small.post(b"<p>Setelah mereka.").status_code == 202
