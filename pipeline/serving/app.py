"""The routes."""

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from importlib.resources import files

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.adapters.apikeys import ApiKeys
from pipeline.errors import PantauError
from pipeline.runners.progress import Whereabouts
from pipeline.serving import openapi, problems
from pipeline.serving.access import Access
from pipeline.serving.desk import Desk
from pipeline.serving.guard import Guard
from pipeline.serving.hubs import PATH, Hubs
from pipeline.serving.pace import Pace
from pipeline.serving.parts import Parts
from pipeline.serving.pausing import Pausing
from pipeline.serving.problems import KINDS, Problem
from pipeline.serving.repeats import Repeats
from pipeline.serving.uploads import Uploads

LOG = logging.getLogger("pantau.serving")
_ID = re.compile(r"[0-9a-f]{20}")
_FILES = {
    "/send": ("send.html", "text/html"),
    "/send.js": ("send.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}


def app(parts: Parts, desk: Desk) -> Starlette:
    """The ASGI app over these parts; `desk` is theirs."""
    access = Access(ApiKeys(parts.home), parts.clock, Pace(), Pace())
    uploads = Uploads(desk, access, Repeats(parts.broker, parts.clock), parts.meters)
    pausing = Pausing(parts.home, parts.catalog)
    routes = [
        Route("/articles", uploads.__call__, methods=["POST"]),
        Route("/articles/{id}", _article(parts, desk, access)),
        Route(
            f"{PATH}/{{token}}",
            Hubs(parts.frontier, parts.catalog, parts.clock, parts.meters).__call__,
            methods=["GET", "POST"],
        ),
        Route("/watches/{id}/pause", pausing.__call__, methods=["GET", "POST"]),
        Route("/openapi.json", _openapi),
        Route("/problems/{kind}", _problem),
        Route("/health", _health),
        *(Route(path, _file(*file)) for path, file in _FILES.items()),
    ]
    handlers = {
        Problem: _answered,
        PantauError: _failed,
        HTTPException: _not_routed,
        ClientDisconnect: _gone,
        Exception: _broken,
    }
    made = Starlette(routes=routes, middleware=[Middleware(Guard)], exception_handlers=handlers)  # type: ignore[arg-type]
    made.router.redirect_slashes = False
    return made


def _article(parts: Parts, desk: Desk, access: Access) -> Callable[[Request], object]:
    whereabouts = Whereabouts(parts.broker, parts.intake, parts.search)

    async def article(request: Request) -> Response:
        access.admit(request, "status")
        id = request.path_params["id"]
        known = _ID.fullmatch(id) is not None
        asked = desk.ask(partial(whereabouts.events, id)) if known else None
        revision, events = await asyncio.wrap_future(asked) if asked else (0, [])
        if not revision:
            raise Problem("not-found", "no article of this id came in here: ids are in the answer to an upload")
        found = await asyncio.to_thread(whereabouts.progress, id, revision, events)
        return Response(msgspec.json.encode(found), 200, None, "application/json")

    return article


async def _openapi(request: Request) -> Response:
    del request
    return Response(openapi.DOCUMENT, 200, None, "application/json")


async def _problem(request: Request) -> Response:
    """What the type of a problem document leads to."""
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise Problem("not-found", "there is no problem of this name: its document says what to do")
    return Response(msgspec.json.encode(KINDS[kind]._asdict()), 200, None, "application/json")


async def _health(request: Request) -> Response:
    del request
    return Response("ok\n", 200, None, "text/plain")


def _file(name: str, media_type: str) -> Callable[[Request], object]:
    content = (files("pipeline.serving") / name).read_bytes()

    async def file(request: Request) -> Response:
        del request
        return Response(content, 200, None, media_type)

    return file


# --- what goes wrong


async def _answered(request: Request, problem: Problem) -> Response:
    return problems.answer(problem, request)


async def _failed(request: Request, error: PantauError) -> Response:
    LOG.warning("request failed", extra={"error": str(error)})
    return problems.answer(problems.of(error), request)


async def _not_routed(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"this address takes {allowed}: /openapi.json says what for"
        return problems.answer(Problem("wrong-method", detail, {"Allow": allowed}), request)
    return problems.answer(
        Problem("not-found", "there is nothing at this address: /openapi.json says what is"), request
    )


async def _gone(request: Request, error: ClientDisconnect) -> Response:
    """Whoever sent the request is gone; nothing was taken, and nobody reads this."""
    del error
    return problems.answer(Problem("bad-body", "the body ended too early: send it again"), request)


async def _broken(request: Request, error: Exception) -> Response:
    """Something nobody expected: uvicorn logs it with its place, and then ends the connection."""
    del error
    detail = "this is a fault of Pantau, and its log says more: nothing is lost if you send it again later"
    return problems.answer(Problem("failed", detail, {"Connection": "close"}), request)
