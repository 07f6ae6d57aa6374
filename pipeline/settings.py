"""Settings: one URL a port, from the environment (PANTAU_*), with defaults in one folder."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import Misuse, Unavailable
from pipeline.news.pace import Weekly, weekly

VARIABLES = {
    "PANTAU_HOME": "the folder of everything that Pantau keeps (default: pantau-data in the current folder)",
    "PANTAU_BROKER": "topics and state (default: sqlite: flow.db in the home folder; kafka://host:port,host:port)",
    "PANTAU_KAFKA_USER": "user for a Kafka that asks for one (security=sasl in PANTAU_BROKER)",
    "PANTAU_KAFKA_PASSWORD": "its password; better in a file",
    "PANTAU_KAFKA_PASSWORD_FILE": "the file that holds its password",
    "PANTAU_INDEX": "the search index (default: sqlite: index.db in the home folder)",
    "PANTAU_PAGES": "the page store (default: file: pages in the home folder; s3://bucket/prefix?endpoint=...)",
    "PANTAU_S3_ACCESS_KEY": "the access key of an S3 server",
    "PANTAU_S3_SECRET_KEY": "its secret key; better in a file",
    "PANTAU_S3_SECRET_KEY_FILE": "the file that holds its secret key",
    "PANTAU_CATALOG": "officials, watches and sources (default: file: catalog in the home folder)",
    "PANTAU_RECOGNISER": (
        "the models that read texts (default: spacy:, those for Indonesian and English; spacy:/folder: models in "
        "folders named by language; spacy:de=de_core_news_sm,es=/models/es: packages and folders; none: rules alone)"
    ),
    "PANTAU_REMEMBER_DAYS": "days for which copies of an article are looked for (default: 90)",
    "PANTAU_WORKERS": "worker processes for cleaning and extraction; 0 runs them in the main process",
    "PANTAU_ELASTICSEARCH_API_KEY": "API key for an Elasticsearch that asks for one; better in a file",
    "PANTAU_ELASTICSEARCH_API_KEY_FILE": "the file that holds its API key",
    "PANTAU_KIBANA": "where `pantau kibana push` puts dashboards: http://host:5601, https://user:password@host?ca=FILE",
    "PANTAU_KIBANA_API_KEY": "API key for Kibana; better in a file",
    "PANTAU_KIBANA_API_KEY_FILE": "the file that holds its API key",
    "PANTAU_SMTP": "the mail server (smtps://user@host:465?from=ADDRESS, smtp://... for STARTTLS, ca=FILE, tls=none)",
    "PANTAU_SMTP_PASSWORD": "its password; better in a file",
    "PANTAU_SMTP_PASSWORD_FILE": "the file that holds its password",
    "PANTAU_PRIVATE_HOSTS": "hosts that may be called though they are not on the public internet, with commas",
    "PANTAU_FETCH_PORTS": "ports of sites that may be asked besides 80 and 443, with commas",
    "PANTAU_FETCH_DELAY": "seconds between two requests to one host (default: 2)",
    "PANTAU_CONTACT": "a URL that tells site owners who is fetching their pages; it is sent with each request",
    "PANTAU_SOURCE_CHANNELS": (
        "channels, with blanks between them, that are told when a source falls silent, is blocked, moved, broken or "
        "down, and when it is healthy again (default: feed:; none: nobody is told)"
    ),
    "PANTAU_SOURCE_REPORT": "when they get a report of the week, such as `monday 07:00 Asia/Jakarta` (default: never)",
    "PANTAU_SECRET": "what webhooks and pause links are signed with (default: made once in the home folder)",
    "PANTAU_SECRET_FILE": "the file that holds it",
    "PANTAU_PUBLIC_URL": (
        "where others reach `pantau serve`: mails get a link that pauses their watch, and hubs of feeds are asked to "
        "tell of news (WebSub)"
    ),
    "PANTAU_SERVE_HOST": "address that uploads over HTTP are taken on (default: 127.0.0.1)",
    "PANTAU_SERVE_PORT": "port for uploads; `pantau run` takes them when it is set (default: 8464 for `pantau serve`)",
    "PANTAU_METRICS_HOST": "address that /metrics is served on (default: 127.0.0.1; in a container 0.0.0.0)",
    "PANTAU_METRICS_PORT": "port of /metrics while `pantau run` or `pantau work` runs; 0 is off (default: 9464)",
    "PANTAU_LOG": "debug, info, warning or error (default: info for `pantau run`, error for all other commands)",
}


@dataclass(frozen=True)
class Settings:
    """Where everything is. Ports are URLs; `workers` and `log` None leave the choice to the command."""

    home: Path
    broker: str
    index: str
    pages: str
    catalog: str
    recogniser: str = "spacy:"
    remember_days: int = 90
    workers: int | None = None
    serve_host: str = "127.0.0.1"
    serve_port: int | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9464
    log: str | None = None
    kibana: str | None = field(default=None, repr=False)
    fetch_ports: frozenset[int] = frozenset()
    fetch_delay: int = 2
    contact: str | None = None
    public_url: str | None = None
    source_channels: tuple[str, ...] = field(default=("feed:",), repr=False)
    source_report: Weekly | None = None


def load(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> Settings:
    """Read the settings; a home from the command line wins over the environment. Raises Misuse, naming the variable."""
    for name in environment:
        if name.startswith("PANTAU_") and name not in VARIABLES:
            raise Misuse(f"unknown setting {name}: there are {', '.join(VARIABLES)}")
    folder = (home or Path(environment.get("PANTAU_HOME") or "pantau-data")).absolute()
    return Settings(
        home=folder,
        broker=environment.get("PANTAU_BROKER") or f"sqlite://{folder}/flow.db",
        index=environment.get("PANTAU_INDEX") or f"sqlite://{folder}/index.db",
        pages=environment.get("PANTAU_PAGES") or f"file://{folder}/pages",
        catalog=environment.get("PANTAU_CATALOG") or f"file://{folder}/catalog",
        recogniser=environment.get("PANTAU_RECOGNISER") or "spacy:",
        remember_days=_number(environment, "PANTAU_REMEMBER_DAYS", 90, 36500) or 0,
        workers=_number(environment, "PANTAU_WORKERS", None, 256),
        serve_host=environment.get("PANTAU_SERVE_HOST") or "127.0.0.1",
        serve_port=_number(environment, "PANTAU_SERVE_PORT", None, 65535),
        metrics_host=environment.get("PANTAU_METRICS_HOST") or "127.0.0.1",
        metrics_port=_number(environment, "PANTAU_METRICS_PORT", 9464, 65535) or 0,
        log=_level(environment.get("PANTAU_LOG")),
        kibana=environment.get("PANTAU_KIBANA"),
        fetch_ports=_ports(environment.get("PANTAU_FETCH_PORTS", "")),
        fetch_delay=_delay(environment),
        contact=_contact(environment.get("PANTAU_CONTACT")),
        public_url=_public(environment.get("PANTAU_PUBLIC_URL", "").rstrip("/")),
        source_channels=_channels(environment.get("PANTAU_SOURCE_CHANNELS") or "feed:"),
        source_report=_report(environment.get("PANTAU_SOURCE_REPORT")),
    )


def shown(url: str) -> str:
    """A URL as it may be shown: without user, password and key."""
    return re.sub(r"(?<=api_key=)[^&]*", "***", re.sub(r"(?<=://)[^?#]*@", "***@", url))


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A secret: from the file that NAME_FILE names, else from NAME. Raises Unavailable for a file it cannot read."""
    file = environment.get(f"{name}_FILE")
    if not file:
        return environment.get(name)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Unavailable(f"cannot read {file}, which {name}_FILE names: {error.strerror}") from error


def _number(environment: Mapping[str, str], name: str, default: int | None, most: int) -> int | None:
    text = environment.get(name)
    if not text:
        return default
    if not text.isdecimal() or int(text) > most:
        raise Misuse(f"{name} is {text!r}: write a whole number from 0 to {most}")
    return int(text)


def _delay(environment: Mapping[str, str]) -> int:
    seconds = _number(environment, "PANTAU_FETCH_DELAY", 2, 3600)
    return 2 if seconds is None else seconds


def _ports(text: str) -> frozenset[int]:
    names = text.replace(",", " ").split()
    for name in names:
        if not name.isdecimal() or not 0 < int(name) < 65536:
            raise Misuse(f"PANTAU_FETCH_PORTS has {name!r}: write numbers from 1 to 65535 with commas")
    return frozenset(map(int, names))


def _contact(text: str | None) -> str | None:
    if text and not re.fullmatch(r"(?:https?://|mailto:)[!-'*-~]{1,200}", text):  # what may stand in a comment of HTTP
        raise Misuse(f"PANTAU_CONTACT is {text!r}: write a URL such as https://example.org/about-our-crawler")
    return text or None


def _public(text: str) -> str | None:
    if text and not re.fullmatch(r"https?://[^\s?#]{1,500}", text):
        raise Misuse(f"PANTAU_PUBLIC_URL is {text!r}: write an address such as https://pantau.example.org")
    return text or None


def _channels(text: str) -> tuple[str, ...]:
    """The channels, whose schemes are looked up when a crawler is made."""
    named = tuple(dict.fromkeys(text.split()))
    return () if named == ("none",) else named


def _report(text: str | None) -> Weekly | None:
    try:
        return weekly(text) if text else None
    except Misuse as error:
        raise Misuse(f"PANTAU_SOURCE_REPORT: {error}") from error


def _level(text: str | None) -> str | None:
    levels = ("debug", "info", "warning", "error")
    if not text:
        return None
    if text.lower() not in levels:
        raise Misuse(f"PANTAU_LOG is {text!r}: write one of {', '.join(levels)}")
    return text.lower()
