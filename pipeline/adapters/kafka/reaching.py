"""What it means for people that Kafka cannot be used.

Its client tries again until its time is over and then only says that it could not begin. So the way is gone once more,
step by step, and the first step that fails is told: a connection, TLS, the password.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailedError,
)

from pipeline.adapters.kafka.address import Address
from pipeline.errors import PantauError, Unavailable

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


def explained(error: KafkaError, address: Address) -> PantauError:
    """What an error of the client means, in one sentence with the cure."""
    where = f"Kafka at {','.join(address.servers)}"
    if isinstance(error, SaslAuthenticationFailedError):
        return Unavailable(_locked_out(where, address))
    if isinstance(error, AuthorizationError):
        user = f"user {address.user!r}" if address.sasl else "whoever comes without a password"
        return Unavailable(
            f"{where} does not allow this ({_said(error)}): let {user} read, write and create topics and groups"
        )
    if isinstance(error, MessageSizeTooLargeError):
        cure = "run `pantau topics create`, which sets the size that its topics take"
        return Unavailable(f"{where} refuses a message as too large: {cure}")
    if isinstance(error, BrokerResponseError):
        return Unavailable(f"{where} cannot do this now ({_said(error)}): look at its log and disk, then go on")
    stuck = "bootstrap" in str(error) or not isinstance(error, KafkaTimeoutError)
    return Unavailable(
        obstacle(address, stuck)
        or f"{where} answers, but took too long ({_said(error)}): see whether its disk is full and enough brokers are "
        "there, then go on; nothing is lost"
    )


def obstacle(address: Address, stuck: bool = True) -> str | None:
    """The step that fails on the way to every broker, None when there is none.

    `stuck`: no connection was of any use, so one that stands must fail at what comes after it.
    """
    found = [_obstacle(address, server) for server in address.servers]
    return found[0] if all(found) else _locked_out(f"Kafka at {','.join(address.servers)}", address) if stuck else None


def _obstacle(address: Address, server: str) -> str | None:
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), SECONDS) as connection:
            return _tls_obstacle(address, server, host, connection)
    except OSError as error:
        said = error.strerror or str(error) or type(error).__name__
        return f"no Kafka answers at {server} ({said}): start it, or correct PANTAU_BROKER"


def _tls_obstacle(address: Address, server: str, host: str, connection: socket.socket) -> str | None:
    trust = address.trust()
    try:
        with (trust or _blind()).wrap_socket(connection, server_hostname=host):
            return None if trust else f"Kafka at {server} speaks TLS: write security=tls or sasl-tls into PANTAU_BROKER"
    except ssl.SSLCertVerificationError as error:
        cure = "add ca=FILE with its authority to PANTAU_BROKER"
        return f"the certificate of Kafka at {server} is not trusted ({error.verify_message}): {cure}"
    except OSError:
        if not trust:
            return None
        return f"Kafka at {server} speaks no TLS that fits: correct security in PANTAU_BROKER, or cert and key"


def _blind() -> ssl.SSLContext:
    """Only to see whether TLS is spoken; nothing is sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _locked_out(where: str, address: Address) -> str:
    if address.sasl:
        return (
            f"{where} refuses user {address.user!r} or the password: correct PANTAU_KAFKA_USER and "
            f"PANTAU_KAFKA_PASSWORD_FILE, or the mechanism {address.mechanism} in PANTAU_BROKER"
        )
    return f"{where} lets nobody in who has no password, or is no Kafka: write security=sasl, or correct PANTAU_BROKER"


def _said(error: KafkaError) -> str:
    """The kind of error, and what it is about where that is short."""
    detail = ", ".join(str(one) for one in error.args)
    return f"{type(error).__name__}: {detail}" if 0 < len(detail) < 100 else type(error).__name__
