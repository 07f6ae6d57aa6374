"""The OpenAPI document (3.1): made from the types that the answers are made of."""

from typing import Any

import msgspec

from pipeline import __version__
from pipeline.adapters.readers.jsonl import CONTENT
from pipeline.runners.progress import Progress
from pipeline.serving.bodies import BODY_MAX
from pipeline.serving.problems import KINDS, MEDIA_TYPE
from pipeline.serving.reading import FIELD_MAX, FORM, JSON_TYPES, KNOWN, PACKED_TYPES, PAGE_TYPES, PAGES_MAX
from pipeline.serving.uploads import Accepted

_JSON = "application/json"
_ID = {"type": "string", "pattern": "^[0-9a-f]{20}$"}
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary", "minLength": 1}
_HINT = {"type": ["string", "number"]}
_WRITTEN = {"type": "string", "pattern": r"\S"}
_UPLOAD = {
    "description": "An article: one of html, text, content and body holds it, the others say what is known of it.",
    "type": "object",
    "properties": {
        **dict.fromkeys(CONTENT, _TEXT),
        **dict.fromkeys(("title", "published", "language", "outlet"), _HINT),
        "url": {"type": "string", "format": "uri"},
        "author": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    },
    "anyOf": [{"required": [name], "properties": {name: _WRITTEN}} for name in CONTENT],
}
_FORM = {
    "type": "object",
    "additionalProperties": False,
    "description": "Files of any kind that `pantau ingest` reads; fields in front of a file say what is known of it.",
    "properties": dict.fromkeys(KNOWN, _TEXT) | {"file": {"type": "array", "items": _BYTES}},
}
_ALWAYS = ("bad-request", "too-slow", "headers-too-large", "failed", "busy", "unavailable")
_KEYED = ("no-key", "wrong-scope", "too-often")
_BODY = ("bad-body", "in-progress", "too-large", "unsupported", "refused", "storage-full")


def _document() -> dict[str, Any]:
    (accepted, progress), schemas = msgspec.json.schema_components(
        [Accepted, Progress], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pantau",
            "version": __version__,
            "description": "Articles in; where they are. A 202 is given when the pages are kept for good.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/articles": {"post": _upload(accepted)},
            "/articles/{id}": {"get": _where(progress)},
            "/watches/{id}/pause": {
                "get": _pause("askPause", "Show the button"),
                "post": _pause("pause", "Pause the watch"),
            },
        },
        "components": {
            "schemas": schemas | {"Upload": _UPLOAD, "Problem": _problem()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`pantau keys add NAME`"}},
        },
    }


def _upload(accepted: Any) -> dict[str, Any]:
    upload = {"$ref": "#/components/schemas/Upload"}
    many = {"anyOf": [upload, {"type": "array", "items": upload, "minItems": 1, "maxItems": PAGES_MAX}]}
    content = {
        **{name: {"schema": _BYTES} for name in (*PAGE_TYPES, *PACKED_TYPES)},
        **{name: {"schema": _WRITTEN} for name in JSON_TYPES},
        _JSON: {"schema": many},
        FORM: {"schema": _FORM},
    }
    headers = {
        "Location": {"description": "Where the article is, when there is one", "schema": _TEXT},
        "Idempotency-Replayed": {"description": "`true` when nothing was done again", "schema": _TEXT},
    }
    return {
        "operationId": "upload",
        "summary": f"Send pages: up to {PAGES_MAX:,} and {BODY_MAX // 10**6} MB; scope `upload`",
        "security": [{"key": []}],
        "parameters": [*map(_known, KNOWN), _repeated()],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": {
                "description": "In, each under its id; what was refused is named",
                "headers": headers,
                "content": {_JSON: {"schema": accepted}},
            }
        }
        | _problems(*_ALWAYS, *_KEYED, *_BODY),
    }


def _known(name: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": FIELD_MAX} | ({"format": "uri"} if name == "url" else {})
    return {"name": name, "in": "query", "description": f"{name} of a page, where the body is one", "schema": schema}


def _repeated() -> dict[str, Any]:
    text = "A new one for each upload; the same upload sent again under it gets the same answer, and nothing is doubled"
    schema = {"type": "string", "pattern": "^[!-~]{1,255}$"}
    return {"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema}


def _where(progress: Any) -> dict[str, Any]:
    return {
        "operationId": "where",
        "summary": "Where an article is in the flow; scope `status`",
        "security": [{"key": []}],
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": _ID}],
        "responses": {"200": {"description": "Where it is", "content": {_JSON: {"schema": progress}}}}
        | _problems(*_ALWAYS, *_KEYED, "not-found"),
    }


def _pause(id: str, summary: str) -> dict[str, Any]:
    return {
        "operationId": id,
        "summary": f"{summary}: what the signed link in a mail leads to",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": _TEXT},
            {"name": "token", "in": "query", "required": True, "schema": _TEXT},
        ],
        "responses": {"200": {"description": "A page for people", "content": {"text/html": {"schema": _TEXT}}}}
        | _problems(*_ALWAYS, "wrong-link", "not-found"),
    }


def _problems(*kinds: str) -> dict[str, Any]:
    """The answers for these kinds of problem, by status."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        found.setdefault(str(KINDS[kind].status), []).append(KINDS[kind].title)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": "; ".join(titles), "content": {MEDIA_TYPE: schema}}
        for status, titles in sorted(found.items())
    }


def _problem() -> dict[str, Any]:
    return {
        "description": "RFC 9457; `detail` names what is wrong and the cure",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "enum": [f"/problems/{kind}" for kind in KINDS]},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
        },
    }


DOCUMENT = msgspec.json.encode(_document())
