"""Where Kafka is and how one talks to it: the URL of the port, and the secrets that are never part of it.

    kafka://one:9092,two:9092?partitions=12&security=sasl-tls&mechanism=SCRAM-SHA-512&ca=/etc/kafka/ca.pem

partitions    of every topic but dead-letters (default 6); fixed once the topics are created
replication   copies of every message (default: 3, or fewer where there are fewer brokers)
security      plaintext (default), tls, sasl or sasl-tls
mechanism     of sasl: SCRAM-SHA-512 (default), SCRAM-SHA-256 or PLAIN
ca, cert, key files in PEM: whom to trust, and our own certificate and its key where the brokers ask for one
session       seconds after which a silent worker loses its partitions (default 15)
pace          seconds for which a worker lets messages gather while more come in (default 0.5): longer costs less CPU a
              message, and alerts come as much later at each of five stages; what was idle begins at once

User and password come from PANTAU_KAFKA_USER and PANTAU_KAFKA_PASSWORD, or from the file that
PANTAU_KAFKA_PASSWORD_FILE names.
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.errors import Misuse, Unavailable
from pipeline.settings import secret

SECURITY = {"plaintext": "PLAINTEXT", "tls": "SSL", "sasl": "SASL_PLAINTEXT", "sasl-tls": "SASL_SSL"}
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
OPTIONS = ("partitions", "replication", "security", "mechanism", "ca", "cert", "key", "session", "pace")
MESSAGE_BYTES = 8 << 20
"""Size of a message at most. A long article with all its statements has under 1 MB."""
LETTER_BYTES = 12 << 20
"""The same for a dead letter, which carries a message in base64."""


@dataclass(frozen=True)
class Address:
    """A parsed URL. The password is not shown when the object is printed."""

    servers: tuple[str, ...]
    partitions: int = 6
    replication: int | None = None
    security: str = "plaintext"
    mechanism: str = MECHANISMS[0]
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    session: int = 15
    pace: float = 0.5
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def sasl(self) -> bool:
        """Whether a password is asked for."""
        return self.security.startswith("sasl")

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security.endswith("tls")

    def trust(self) -> ssl.SSLContext | None:
        """The certificates to use, None without TLS. Raises Unavailable when a file cannot be read."""
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"a certificate for Kafka cannot be read ({error}): correct ca, cert and key") from error
        return context

    def client(self) -> dict[str, Any]:
        """Options for the clients of kafka-python and aiokafka."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": SECURITY[self.security],
            "ssl_context": self.trust(),
        }
        if self.sasl:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return options


def parse(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Read a URL. Raises Misuse, naming what is wrong."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise Misuse("the URL of Kafka names a user: put user and password into PANTAU_KAFKA_USER and _PASSWORD_FILE")
    servers = tuple(server for server in parts.netloc.split(",") if server)
    if not servers or any(not server.rpartition(":")[2].isdecimal() for server in servers):
        raise Misuse(f"PANTAU_BROKER is {url!r}: write kafka://host:port, more brokers after commas")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = options.keys() - set(OPTIONS)
    if unknown:
        raise Misuse(f"PANTAU_BROKER has the option {min(unknown)!r}: there are {', '.join(OPTIONS)}")
    address = Address(
        servers=servers,
        partitions=_number(options, "partitions", 6, 1000) or 6,
        replication=_number(options, "replication", None, 10),
        security=_one_of(options, "security", tuple(SECURITY)),
        mechanism=_one_of(options, "mechanism", MECHANISMS),
        ca=options.get("ca"),
        cert=options.get("cert"),
        key=options.get("key"),
        session=_number(options, "session", 15, 300) or 15,
        pace=_seconds(options, "pace", 0.5, 10),
        user=environment.get("PANTAU_KAFKA_USER"),
        password=secret("PANTAU_KAFKA_PASSWORD", environment),
    )
    if address.sasl and not (address.user and address.password):
        raise Misuse("security=sasl needs PANTAU_KAFKA_USER, and PANTAU_KAFKA_PASSWORD_FILE or PANTAU_KAFKA_PASSWORD")
    return address


def _number(options: Mapping[str, str], name: str, default: int | None, most: int) -> int | None:
    text = options.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Misuse(f"{name}={text} in PANTAU_BROKER: write a whole number from 1 to {most}")
    return int(text)


def _seconds(options: Mapping[str, str], name: str, default: float, most: int) -> float:
    text = options.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) or float(text) > most:
        raise Misuse(f"{name}={text} in PANTAU_BROKER: write seconds from 0 to {most}")
    return float(text)


def _one_of(options: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = options.get(name, allowed[0])
    if text not in allowed:
        raise Misuse(f"{name}={text} in PANTAU_BROKER: write one of {', '.join(allowed)}")
    return text
