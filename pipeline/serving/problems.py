"""Every refusal as a problem document (RFC 9457): what is wrong, and what to do about it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.errors import Misuse, PantauError, StorageFull
from pipeline.serving.pages import document

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: its status, and what is wrong in general."""

    status: int
    title: str


KINDS = {
    "bad-request": Kind(400, "The request is not HTTP as it should be"),
    "bad-header": Kind(400, "A header or a parameter cannot be used"),
    "bad-charset": Kind(400, "The charset is not known"),
    "bad-body": Kind(400, "The body is not what its type says"),
    "no-key": Kind(401, "An API key is needed"),
    "wrong-key": Kind(401, "The API key is not known here"),
    "revoked-key": Kind(401, "The API key was revoked"),
    "expired-key": Kind(401, "The API key has expired"),
    "wrong-scope": Kind(403, "The API key is for something else"),
    "wrong-link": Kind(403, "The link cannot be used"),
    "not-found": Kind(404, "There is nothing here"),
    "wrong-method": Kind(405, "The method cannot be used here"),
    "too-slow": Kind(408, "The request came too slowly"),
    "in-progress": Kind(409, "The same upload is at work already"),
    "gone": Kind(410, "What is asked about is not followed any more"),
    "too-large": Kind(413, "The upload is too large"),
    "unsupported": Kind(415, "The type of the body is not one that can be read"),
    "refused": Kind(422, "Nothing in the upload can be used"),
    "key-reused": Kind(422, "The Idempotency-Key stands for another upload"),
    "too-often": Kind(429, "The API key is used too often"),
    "headers-too-large": Kind(431, "The headers are too large"),
    "failed": Kind(500, "Something failed here"),
    "busy": Kind(503, "Too much is going on"),
    "unavailable": Kind(503, "Something that is needed cannot be used now"),
    "storage-full": Kind(507, "There is no room left"),
}


class Problem(Exception):
    """Raised wherever a request cannot be fulfilled. `detail` is one sentence that names what is wrong and the cure.

    `more` are further members of the document, `headers` of the answer.
    """

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return KINDS[self.kind].status

    def document(self) -> bytes:
        """The problem as JSON."""
        kind = KINDS[self.kind]
        members = {"type": f"/problems/{self.kind}", "title": kind.title, "status": kind.status, "detail": self.detail}
        return msgspec.json.encode(members | self.more)


def of(error: PantauError) -> Problem:
    """The problem that an error of Pantau is for whoever asked."""
    if isinstance(error, Misuse):
        return Problem("bad-header", str(error))
    kind, seconds = ("storage-full", "300") if isinstance(error, StorageFull) else ("unavailable", "30")
    return Problem(kind, f"{error}; nothing is lost or doubled if you send it again", {"Retry-After": seconds})


def answer(problem: Problem, request: Request) -> Response:
    """The answer: a page for people who opened a link of a mail, the document for everybody else."""
    if request.url.path.startswith("/watches/") and "text/html" in request.headers.get("accept", ""):
        page = document(KINDS[problem.kind].title, "<p>{}</p>", problem.detail)
        return HTMLResponse(page, problem.status, problem.headers)
    return Response(problem.document(), problem.status, problem.headers, MEDIA_TYPE)
