"""A site that speaks HTTP/2: pages come over one connection, and what is not read does not stop up the next."""

import asyncio
import ssl
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from tests.stack.certificates import Authority
from tests.web_site import FakeTimer

PAGE = b"<p>Kapal berangkat.</p>" * 20_000
"""Longer than the window of a stream (65,535 bytes), so it needs updates of it."""


class Site:
    """Answers over HTTP/2 alone: /page and /gone with a long body, /same with 304, /robots.txt with 404."""

    def __init__(self) -> None:
        self.connections, self.asked = 0, list[str]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        left = dict[int, bytes]()
        try:
            writer.write(http.data_to_send())
            while data := await reader.read(1 << 16):
                for event in http.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        self._answer(http, event, left)
                for stream in list(left):
                    _send(http, stream, left)
                writer.write(http.data_to_send())
        except ConnectionError:
            return  # the client closed it
        finally:
            writer.close()

    def _answer(self, http: Any, event: Any, left: dict[int, bytes]) -> None:
        path = dict(event.headers)[":path"]
        self.asked.append(path)
        status, body = {"/page": ("200", PAGE), "/gone": ("410", PAGE), "/same": ("304", b"")}.get(path, ("404", b""))
        headers = [(":status", status), ("content-type", "text/html; charset=utf-8")]
        http.send_headers(event.stream_id, headers, end_stream=not body)
        if body:
            left[event.stream_id] = body


def _send(http: Any, stream: int, left: dict[int, bytes]) -> None:
    try:
        while left[stream] and (room := min(http.local_flow_control_window(stream), http.max_outbound_frame_size)) > 0:
            piece, left[stream] = left[stream][:room], left[stream][room:]
            http.send_data(stream, piece, end_stream=not left[stream])
    except h2.exceptions.StreamClosedError:
        left[stream] = b""  # the client wants no more of it
    if not left[stream]:
        del left[stream]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For the server and for its client."""
    authority = Authority(tmp_path_factory.mktemp("authority") / "ca")
    certificate, key = authority.certify("site")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    server.set_alpn_protocols(["h2"])
    return server, ssl.create_default_context(cafile=str(authority.certificate))


def fetched(certificates: tuple[ssl.SSLContext, ssl.SSLContext], *paths: str) -> tuple[list[Any], Site]:
    async def run() -> tuple[list[Any], Site]:
        site, (server, client) = Site(), certificates
        listening = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=server)
        port = listening.sockets[0].getsockname()[1]
        policy = Policy(ports=frozenset({port}), trust=client)
        async with listening, Fetcher(policy, FakeTimer(), hosts=frozenset({"127.0.0.1"})) as made:
            came = [await made.fetch(f"https://127.0.0.1:{port}{path}", etag='"1"') for path in paths]
        return came, site

    return asyncio.run(run())


Certificates = tuple[ssl.SSLContext, ssl.SSLContext]


def test_pages_of_a_site_come_over_one_connection(certificates: Certificates) -> None:
    came, site = fetched(certificates, "/page", "/same", "/page")
    assert [type(one) for one in came] == [Fetched, NotModified, Fetched]
    assert came[0].content == PAGE
    assert site.asked == ["/robots.txt", "/page", "/same", "/page"]
    assert site.connections == 2, "the 404 of robots.txt was not read, and ended its connection"


def test_bodies_that_nobody_reads_do_not_stop_up_what_follows(certificates: Certificates) -> None:
    came, site = fetched(certificates, *["/gone"] * 60, "/page")
    assert {one.reason for one in came[:-1] if isinstance(one, Refused)} == {Unfetched.GONE}
    assert isinstance(came[-1], Fetched)
    assert len(site.asked) == 62
