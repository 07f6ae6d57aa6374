"""What the links in mails lead to: a page with one button, which pauses a watch.

Opening the link changes nothing, because programs that look through mails open every link. The button sends a POST, and
so do mail programs that offer to unsubscribe at one click (RFC 8058). No API key is asked for: the link is signed
(`pipeline.adapters.keys`), is for one watch, and only pauses it.
"""

import asyncio
from pathlib import Path
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.adapters import keys
from pipeline.errors import Misuse
from pipeline.ports import CatalogEditor
from pipeline.serving.pages import document
from pipeline.serving.problems import Problem
from schemas.catalog import Watch

WHO = "the pause link of a mail"
"""Who changed the watch, in `pantau watch history`."""
_ASK = """<p>{} tells you nothing any more once it is paused. What it told before stays, and it can be resumed.</p>
<form method="post" action="{}"><button>Pause it</button></form>"""
_DONE = "<p>{} is paused. To go on: <code>pantau watch resume {}</code></p>"


class Pausing:
    """Answers pause links."""

    def __init__(self, home: Path, catalog: CatalogEditor) -> None:
        self._home, self._catalog = home, catalog

    async def __call__(self, request: Request) -> Response:
        """Answer GET with the button, and POST by pausing the watch. Once more changes nothing."""
        watch, token = await asyncio.to_thread(self._asked, request)
        if request.method == "POST" and not watch.paused:
            watch = msgspec.structs.replace(watch, paused=True)
            await asyncio.to_thread(self._catalog.save_watch, watch, WHO)
        if watch.paused:
            return HTMLResponse(document("Paused", _DONE, watch.name or watch.id, watch.id))
        action = f"/watches/{quote(watch.id)}/pause?token={quote(token)}"
        return HTMLResponse(document("Pause this watch?", _ASK, watch.name or watch.id, action))

    def _asked(self, request: Request) -> tuple[Watch, str]:
        """The watch that a link is for, and what it carries. Raises Problem."""
        token = request.query_params.get("token", "")
        try:
            id = keys.paused_by(self._home, token)
        except Misuse as error:
            raise Problem("wrong-link", str(error)) from error
        if id != request.path_params["id"]:
            raise Problem("wrong-link", "this link is for another watch: open it as it stands in the mail")
        watch = next((watch for watch in self._catalog.snapshot().watches if watch.id == id), None)
        if watch is None:
            raise Problem("not-found", f"there is no watch {id!r} any more, so it tells nothing: close this page")
        return watch, token
