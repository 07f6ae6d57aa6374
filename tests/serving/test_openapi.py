"""The OpenAPI document says what the server does, and the page for browsers keeps the key to itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.serving.problems import KINDS
from pipeline.serving.reading import TYPES
from tests.serving.service import ARTICLE, Service

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.client.get("/openapi.json", headers={"Authorization": ""}).json()
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == "$ref")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references(inner)


def valid(document: dict[str, Any], schema: Any, value: Any) -> None:
    jsonschema.validate(value, {**schema, "components": document["components"]}, jsonschema.Draft202012Validator)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= document["components"]["schemas"].keys()


def test_the_types_are_those_that_are_read(document: dict[str, Any]) -> None:
    assert set(document["paths"]["/articles"]["post"]["requestBody"]["content"]) == set(TYPES)


def test_answers_are_what_the_document_says(document: dict[str, Any], service: Service) -> None:
    paths = document["paths"]
    taken = service.post(ARTICLE.encode() + b"\n<!-- -->")
    shown = service.client.get(taken.json()["articles"][0]["url"])
    refused = service.post(b"[1]", "application/json")
    mixed = service.post(b'[{"text": "Satu"}, 1]', "application/json")
    for answer, said in (
        (taken, paths["/articles"]["post"]),
        (mixed, paths["/articles"]["post"]),
        (refused, paths["/articles"]["post"]),
        (shown, paths["/articles/{id}"]["get"]),
    ):
        content = said["responses"][str(answer.status_code)]["content"]
        valid(document, content[answer.headers["content-type"]]["schema"], answer.json())


def test_each_kind_of_problem_is_explained_at_its_address(service: Service) -> None:
    for kind, (status, title) in KINDS.items():
        assert service.client.get(f"/problems/{kind}").json() == {"status": status, "title": title}


def test_every_problem_that_is_raised_is_of_a_kind_that_there_is() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "pipeline" / "serving").glob("*.py")]
    raised = {kind for source in sources for kind in re.findall(r'Problem\(\s*"([a-z-]+)"', source)}
    assert raised
    assert raised <= KINDS.keys()


def test_the_page_for_browsers_has_no_script_but_its_own(service: Service) -> None:
    page = service.client.get("/send", headers={"Authorization": ""})
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/send.js" defer>']
    assert not re.search(r"\son\w+=", page.text)
    script = service.client.get("/send.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "Authorization" not in script.text.partition("bookmarklet = ")[2].partition("})()`")[0]
    assert service.client.get("/page.css").headers["content-type"].startswith("text/css")
    assert service.client.get("/health").text == "ok\n"
