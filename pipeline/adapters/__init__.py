"""The table of backends: which class serves which scheme of which port. Adding a backend is one file and one row.

A backend is loaded when its URL is first opened. It is made from a Path when its URL names a file, else from the URL.
"""

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import Misuse
from pipeline.settings import shown

BACKENDS = {
    ("broker", "kafka"): "pipeline.adapters.kafka.broker:KafkaBroker",
    ("broker", "sqlite"): "pipeline.adapters.sqlite.broker:SqliteBroker",
    ("index", "sqlite"): "pipeline.adapters.sqlite.index:SqliteIndex",
    ("index", "elasticsearch+http"): "pipeline.adapters.elasticsearch.index:ElasticsearchIndex",
    ("index", "elasticsearch+https"): "pipeline.adapters.elasticsearch.index:ElasticsearchIndex",
    ("pages", "file"): "pipeline.adapters.files:FilePages",
    ("pages", "s3"): "pipeline.adapters.s3:S3Pages",
    ("catalog", "file"): "pipeline.adapters.catalog:FileCatalog",
    ("frontier", "sqlite"): "pipeline.adapters.sqlite.frontier:SqliteFrontier",
    ("recogniser", "spacy"): "pipeline.adapters.models:SpacyRecogniser",
    ("recogniser", "none"): "pipeline.adapters.models:NoRecogniser",
    ("channel", "feed"): "pipeline.adapters.channels.feed:Feed",
    ("channel", "atom"): "pipeline.adapters.channels.atom:Atom",
    ("channel", "terminal"): "pipeline.adapters.channels.terminal:Terminal",
    ("channel", "mailto"): "pipeline.adapters.channels.mail:Mail",
    ("channel", "webhook+http"): "pipeline.adapters.channels.webhook:Webhook",
    ("channel", "webhook+https"): "pipeline.adapters.channels.webhook:Webhook",
    ("channel", "apprise+slack"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+workflows"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+discord"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+tgram"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+ntfy"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+ntfys"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+json"): "pipeline.adapters.channels.chat:Chat",
    ("channel", "apprise+jsons"): "pipeline.adapters.channels.chat:Chat",
}


def backend(port: str, url: str) -> type[Any]:
    """The class that serves a URL. Raises Misuse when no backend of the port has its scheme."""
    scheme = urlsplit(url).scheme
    place = BACKENDS.get((port, scheme))
    if place is None:
        schemes = ", ".join(f"{known}:" for owner, known in BACKENDS if owner == port)
        raise Misuse(f"no {port} for {shown(url)!r}: write a URL that begins with {schemes}")
    module, name = place.split(":")
    try:
        found: type[Any] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pipeline"):
            raise
        extra = scheme.partition("+")[0]
        raise Misuse(f"{scheme}: needs the package {error.name}: pip install 'pantau[{extra}]'") from error
    return found


def open_port(port: str, url: str, **options: Any) -> Any:
    """The adapter for a URL, ready to use. `options` go to its constructor."""
    parts = urlsplit(url)
    made = backend(port, url)
    return made(url if parts.netloc else Path(unquote(parts.path)), **options)
