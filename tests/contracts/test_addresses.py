"""The gate: what may be called, and that a connection goes to exactly the address that was checked."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.addresses import AsyncGate, Forbidden, Gate, addresses, permitted, pool, public

INSIDE = (
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::",
    "2002:808:808::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "5f00::1",
    "3fff::1", "", "example.org", "127.1", "1.2.3.4.5",
)  # fmt: skip
OUTSIDE = ("8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.0.1.1", "198.20.0.1", "193.0.0.1",
           "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1")  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_on_the_public_internet(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if public(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved or address.version == 6


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "017700000001", "localhost"])
def test_names_are_judged_by_what_they_resolve_to(host: str) -> None:
    with pytest.raises(Forbidden, match="not on the public internet"):
        addresses(host, 80, frozenset())


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(Forbidden, match=r"has the address 10\.0\.0\.1"):
        addresses("mixed.example", 443, frozenset(), lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Forbidden, match="::1"):
        addresses("mixed.example", 443, frozenset(), lambda host, port: ["8.8.8.8", "::1"])


def test_hosts_that_are_named_may_be_anywhere() -> None:
    hosts = permitted({"PANTAU_PRIVATE_HOSTS": "Hooks.internal, 10.0.0.9  ,"})
    assert hosts == {"hooks.internal", "10.0.0.9"}
    assert addresses("HOOKS.internal", 443, hosts, lambda host, port: ["10.0.0.1"]) == ["10.0.0.1"]
    with pytest.raises(Forbidden):
        addresses("10.0.0.1", 443, hosts)


@pytest.fixture
def server() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.headers["Host"])))
            self.end_headers()
            self.wfile.write(self.headers["Host"].encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made.server_port
        made.shutdown()
        thread.join()


def test_a_name_is_resolved_once_and_the_connection_goes_where_it_was_checked(server: int) -> None:
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    with pool(5.0, frozenset({"hooks.example"}), changing) as client:
        answer = client.request("GET", f"http://hooks.example:{server}/")
    assert (answer.status, answer.content.decode()) == (200, f"hooks.example:{server}")
    assert asked == ["hooks.example"]


def test_a_name_that_changes_its_mind_does_not_get_inside(server: int) -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    resolve = lambda host, port: next(answers)  # noqa: E731
    assert addresses("rebinds.example", 80, frozenset(), resolve) == ["8.8.8.8"]
    with pool(5.0, frozenset(), resolve) as client, pytest.raises(Forbidden):
        client.request("GET", f"http://rebinds.example:{server}/")


def test_a_dead_address_is_left_for_the_next(server: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", server))  # bound and not listening: refused at once
        with pool(5.0, frozenset({"two.example"}), lambda host, port: ["127.0.0.2", "127.0.0.1"]) as client:
            assert client.request("GET", f"http://two.example:{server}/").status == 200


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dial = httpcore.AnyIOBackend.connect_tcp

    async def connect(self: httpcore.AnyIOBackend, host: str, *rest: Any) -> httpcore.AsyncNetworkStream:
        if host == "127.0.0.2":
            await asyncio.sleep(rest[1] or 60)
            raise httpcore.ConnectTimeout
        return await dial(self, host, *rest)

    async def body() -> None:
        with ThreadPoolExecutor(1) as threads:
            gate = AsyncGate(threads, frozenset({"two.example"}), lambda host, port: ["127.0.0.2", "127.0.0.1"])
            await (await gate.connect_tcp("two.example", server, 1.0)).aclose()

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    asyncio.run(body())


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (["127.0.0.2", "127.0.0.1"], None), (["127.0.0.2"], httpcore.ConnectError), ([], httpcore.ConnectError),
        (["127.0.0.1", "10.0.0.1"], Forbidden),
    ],
)  # fmt: skip
def test_both_gates_decide_alike(server: int, found: list[str], error: type[Exception] | None) -> None:
    hosts = frozenset() if error is Forbidden else frozenset({"two.example"})

    def one() -> None:
        Gate(5.0, hosts, lambda host, port: found).connect_tcp("two.example", server).close()

    async def other() -> None:
        with ThreadPoolExecutor(1) as threads:
            gate = AsyncGate(threads, hosts, lambda host, port: found)
            await (await gate.connect_tcp("two.example", server, 5.0)).aclose()

    for way in (one, lambda: asyncio.run(other())):
        with socket.socket() as taken, pytest.raises(error) if error else nullcontext():
            taken.bind(("127.0.0.2", server))
            way()
