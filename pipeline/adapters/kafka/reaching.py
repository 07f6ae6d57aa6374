"""What it means for people that Kafka cannot be used.

Its client tries again until its time is over and then only says that it could not begin. So the way is gone once more,
step by step, and the first step that fails is told: a connection, TLS, an answer, the password.
"""

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    KafkaError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailedError,
)

from pipeline.adapters.kafka.address import Address
from pipeline.errors import Unavailable

BEGIN = 10.0
"""Seconds in which one of the brokers has to answer a new client."""
SECONDS = 3.0
"""The longest wait of one step on the way that is gone once more."""


@contextmanager
def reached(address: Address) -> Iterator[None]:
    """Turn the errors of Kafka into ours."""
    try:
        yield
    except KafkaError as error:
        raise explained(error, address) from error


def explained(error: KafkaError, address: Address) -> Unavailable:
    """What an error of the client means, in one sentence with the cure."""
    where = f"Kafka at {','.join(address.servers)}"
    if isinstance(error, BrokerResponseError):
        return Unavailable(_answered(error, where, address))
    if found := obstacle(address):
        return Unavailable(found)
    if "bootstrap" in str(error):
        return Unavailable(_locked_out(where, address))
    return Unavailable(
        f"{where} answers, but did not do in time what was asked ({_said(error)}): see whether its disk is full and "
        "enough brokers are there, then go on; nothing is lost"
    )


def _answered(error: BrokerResponseError, where: str, address: Address) -> str:
    if isinstance(error, SaslAuthenticationFailedError):
        return _locked_out(where, address)
    if isinstance(error, AuthorizationError):
        user = f"user {address.user!r}" if address.sasl else "whoever comes without a password"
        return f"{where} does not allow this ({_said(error)}): let {user} read, write and create topics and groups"
    if isinstance(error, MessageSizeTooLargeError):
        return f"{where} refuses a message as too large: run `pantau topics create`, which sets the size of its topics"
    return f"{where} cannot do this now ({_said(error)}): look at its log and disk, then go on; nothing is lost"


def obstacle(address: Address) -> str | None:
    """The step before the password that fails on the way to every broker, None when there is none."""
    found = [_obstacle(address, server) for server in address.servers]
    return found[0] if all(found) else None


def _obstacle(address: Address, server: str) -> str | None:
    try:
        with _connection(server) as connection:
            if address.tls:
                return _tls_obstacle(address, server, connection)
            if _answers(connection):
                return None
    except OSError as error:
        said = error.strerror or str(error) or type(error).__name__
        cure = "start it (if it ended by itself, its disk may be full), or correct PANTAU_BROKER"
        return f"no Kafka answers at {server} ({said}): {cure}"
    if _speaks_tls(server):
        return f"Kafka at {server} speaks TLS: write security=tls or sasl-tls into PANTAU_BROKER"
    return _silent(server)


def _tls_obstacle(address: Address, server: str, connection: socket.socket) -> str | None:
    trust = address.trust()
    assert trust
    try:
        with trust.wrap_socket(connection, server_hostname=_host(server)) as inside:
            return None if _answers(inside) else _silent(server)
    except ssl.SSLCertVerificationError as error:
        cure = "add ca=FILE with its authority to PANTAU_BROKER"
        return f"the certificate of Kafka at {server} is not trusted ({error.verify_message}): {cure}"
    except OSError:
        return f"Kafka at {server} speaks no TLS that fits: correct security in PANTAU_BROKER, or cert and key"


def _speaks_tls(server: str) -> bool:
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE  # nothing is sent
    try:
        with _connection(server) as connection, blind.wrap_socket(connection, server_hostname=_host(server)):
            return True
    except OSError:
        return False


def _answers(connection: socket.socket) -> bool:
    """Whether a question is answered that Kafka answers to everybody: which requests it knows (ApiVersions, key 18)."""
    number = 1
    try:
        connection.sendall(struct.pack(">ihhih", 10, 18, 0, number, -1))
        return connection.recv(8)[4:] == number.to_bytes(4, "big")  # after the size, the number of the question
    except OSError:
        return False


def _connection(server: str) -> socket.socket:
    return socket.create_connection((_host(server), int(server.rpartition(":")[2])), SECONDS)


def _host(server: str) -> str:
    return server.rpartition(":")[0].strip("[]")


def _silent(server: str) -> str:
    return f"what listens at {server} gives no answer: look at its log and disk, or correct PANTAU_BROKER"


def _locked_out(where: str, address: Address) -> str:
    if address.sasl:
        return (
            f"{where} refuses user {address.user!r} or the password: correct PANTAU_KAFKA_USER and "
            f"PANTAU_KAFKA_PASSWORD_FILE, or the mechanism {address.mechanism} in PANTAU_BROKER"
        )
    return f"{where} lets nobody in without a password: write security=sasl or sasl-tls into PANTAU_BROKER"


def _said(error: KafkaError) -> str:
    """The kind of error, and what it is about where that is short."""
    detail = ", ".join(str(one) for one in error.args)
    return f"{type(error).__name__}: {detail}" if 0 < len(detail) < 100 else type(error).__name__
