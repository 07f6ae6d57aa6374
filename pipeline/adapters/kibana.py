"""Puts saved objects (data views, searches, dashboards) into a Kibana, 8.9 to 9.x, by its import interface.

    https://user:password@kibana:5601?ca=/etc/pantau/kibana.crt
    https://kibana.example/base/path

ca    a file in PEM: the authority that signed the server's certificate, when the system does not know it

An API key comes from PANTAU_KIBANA_API_KEY, or the file that PANTAU_KIBANA_API_KEY_FILE names; it goes before a
password.
The interface: https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import
"""

import json
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from pipeline.errors import Misuse, Unavailable
from pipeline.settings import secret

SECONDS = 60.0
"""Longest wait for an answer: Kibana builds its plugins' indices with the first request."""
VERSIONS = ((8, 9), (10, 0))
"""The first version that takes the format of our objects, and the first that is not known."""


@dataclass(frozen=True)
class Address:
    """A parsed URL. Secrets are not shown when the object is printed."""

    url: str
    ca: str | None
    login: tuple[str, str] | None = field(repr=False)
    api_key: str | None = field(repr=False)


class Refusal(NamedTuple):
    """An object that Kibana did not take, and why."""

    id: str
    why: str


def parse(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Read a URL. Raises Misuse, without repeating a password."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    if parts.scheme not in ("http", "https") or not host:
        raise Misuse("PANTAU_KIBANA names no server: write http://host:5601 or https://host:5601")
    options = dict(parse_qsl(parts.query))
    if unknown := options.keys() - {"ca"}:
        raise Misuse(f"PANTAU_KIBANA has the option {min(unknown)!r}: there is ca")
    if options.get("ca") and not Path(options["ca"]).is_file():
        raise Misuse(f"there is no file {options['ca']}: write the path of the certificate authority after ca=")
    user, _, password = login.partition(":")
    return Address(
        url=f"{parts.scheme}://{host}{parts.path.rstrip('/')}",
        ca=options.get("ca"),
        login=(unquote(user), unquote(password)) if login else None,
        api_key=secret("PANTAU_KIBANA_API_KEY", environment),
    )


def renamed(content: str, prefix: str) -> list[dict[str, Any]]:
    """The objects of a file, one JSON a line, with data views that read the indices of this prefix."""
    objects: list[dict[str, Any]] = [json.loads(line) for line in content.splitlines()]
    for one in objects:
        if one["type"] == "index-pattern":
            title = re.sub("^pantau(?=-)", prefix, one["attributes"]["title"])
            one["attributes"] |= {"title": title, "name": title}
    return objects


def push(address: Address, objects: Sequence[Mapping[str, Any]], space: str = "default") -> list[Refusal]:
    """Put the objects there; those with the same ids are replaced. Returns what Kibana did not take.

    Raises Unavailable when nothing was put there.
    """
    file = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()
    place = "" if space == "default" else f"/s/{space}"
    try:
        with _client(address) as client:
            _check_version(address, client)
            answer = client.post(
                f"{place}/api/saved_objects/_import",
                params={"overwrite": "true"},
                files={"file": ("pantau.ndjson", file, "application/ndjson")},
            )
            return [_refusal(error) for error in _body(address, answer, space).get("errors", [])]
    except httpx.HTTPError as error:
        raise _unanswered(address, error) from error


def _client(address: Address) -> httpx.Client:
    headers = {"kbn-xsrf": "pantau"}
    if address.api_key:
        headers["Authorization"] = f"ApiKey {address.api_key}"
    login = None if address.api_key else address.login
    trust = ssl.create_default_context(cafile=address.ca)
    return httpx.Client(base_url=address.url, headers=headers, auth=login, verify=trust, timeout=SECONDS)


def _check_version(address: Address, client: httpx.Client) -> None:
    """Raises Unavailable for a version that would not understand the objects. Who may not see it is not stopped."""
    number = str(_body(address, client.get("/api/status"), "").get("version", {}).get("number", ""))
    if number and not VERSIONS[0] <= tuple(map(int, number.split(".")[:2])) < VERSIONS[1]:
        raise Unavailable(f"Kibana at {address.url} is {number}: install one from 8.9 to 9.x")


def _body(address: Address, answer: httpx.Response, space: str) -> dict[str, Any]:
    """What was answered. Raises Unavailable for anything that is no success."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    said = str(found.get("message", "") if isinstance(found, dict) else answer.text)[:200]
    where = f"Kibana at {address.url}"
    if answer.status_code == 401:
        cure = "correct PANTAU_KIBANA_API_KEY_FILE, or the password in PANTAU_KIBANA"
        raise Unavailable(f"{where} refuses the password or API key: {cure}")
    if answer.status_code == 403:
        cure = "give the user or API key the privilege all on Saved Objects Management"
        raise Unavailable(f"{where} does not allow this ({said}): {cure}")
    if answer.status_code == 404 and space:
        raise Unavailable(f"{where} has no space {space!r}, or is no Kibana: name another --space, or correct its URL")
    if answer.status_code == 503:
        raise Unavailable(f"{where} is not ready yet ({said}): wait a minute, then go on")
    if not answer.is_success or not isinstance(found, dict):
        raise Unavailable(f"{where} answers {answer.status_code} ({said}): correct PANTAU_KIBANA, or look at its log")
    return found


def _refusal(error: Mapping[str, Any]) -> Refusal:
    cause = error.get("error", {})
    missing = ", ".join(one.get("id", "") for one in cause.get("references", []))
    why = str(cause.get("message") or cause.get("reason") or cause.get("type", "unknown"))
    return Refusal(f"{error.get('type')} {error.get('id')}", f"{why}: {missing}" if missing else why)


def _unanswered(address: Address, error: httpx.HTTPError) -> Unavailable:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unavailable(
            f"the certificate of {address.url} is not trusted: add ?ca=FILE with its authority to PANTAU_KIBANA"
        )
    if isinstance(error, httpx.ReadTimeout):
        return Unavailable(
            f"Kibana at {address.url} did not answer within {SECONDS:.0f} s: look at its load, then go on"
        )
    return Unavailable(f"no Kibana answers at {address.url}: start it, or correct PANTAU_KIBANA")
