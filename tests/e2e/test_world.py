"""The demo world holds together: its pages, its catalog, and what is expected of them."""

import json
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from pipeline.adapters.catalog import FileCatalog
from schemas.catalog import Watch

ROOT = Path(__file__).parents[2]
WORLD = ROOT / "seeds" / "articles"
EXPECTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "world.yaml").read_text(encoding="utf-8"))
MANIFEST: list[dict[str, str]] = [
    json.loads(line) for line in (WORLD / "world.jsonl").read_text(encoding="utf-8").splitlines()
]
PAGES: dict[str, dict[str, Any]] = {page["page"]: page for page in EXPECTED["pages"]}
HOSTILE: dict[str, dict[str, Any]] = {page["page"]: page for page in EXPECTED["hostile"]}
UTTERANCES: dict[str, dict[str, Any]] = EXPECTED["utterances"]
CATALOG = FileCatalog(WORLD / "catalog").snapshot()


class Words(HTMLParser):
    """The text of a page, scripts and styles left out, and its canonical URL."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.canonical: str | None = None
        self.links: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._silent += tag in ("script", "style")
        if tag == "link" and values.get("rel") == "canonical":
            self.canonical = values.get("href")
        self.links += [value for name in ("href", "src") if (value := values.get(name))]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def parsed(file: str) -> Words:
    words = Words()
    charset = "windows-1252" if "harbourpost" in file else "utf-8"
    words.feed((WORLD / file).read_text(encoding=charset))
    return words


def text(page: str) -> str:
    """What a reader sees of a page of the world, white space made even."""
    file, _, line = page.partition(":")
    if file.endswith(".html"):
        found = " ".join(parsed(file).found)
    elif file.endswith(".jsonl"):
        item = json.loads((WORLD / file).read_text(encoding="utf-8").splitlines()[int(line) - 1])
        found = f"{item['title']} {item['text']}"
    else:
        found = (WORLD / file).read_text(encoding="utf-8")
    return " ".join(found.split())


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [(name, made) for name, page in PAGES.items() for made in page["statements"]]


# The manifest


def test_every_page_is_in_the_manifest_once_and_the_other_way_round() -> None:
    files = [entry["file"] for entry in MANIFEST]
    assert sorted(files) == sorted(str(path.relative_to(WORLD)) for path in (WORLD / "pages").iterdir())
    assert [name.partition(":")[0] for name in [*PAGES, *HOSTILE]] == files


def test_the_manifest_is_in_the_order_of_time() -> None:
    times = [datetime.fromisoformat(entry["fetched_at"]) for entry in MANIFEST]
    assert all(time.tzinfo is not None for time in times)
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_no_page_was_fetched_before_it_was_published() -> None:
    fetched = {entry["file"]: datetime.fromisoformat(entry["fetched_at"]) for entry in MANIFEST}
    for name, page in PAGES.items():
        assert datetime.fromisoformat(page["published"]) < fetched[name.partition(":")[0]], name


def test_pages_say_their_own_url() -> None:
    for entry in MANIFEST:
        if entry["file"].endswith(".html") and "97-tanpa-berita" not in entry["file"]:
            assert parsed(entry["file"]).canonical == entry["url"]
        if entry["file"].endswith(".jsonl"):
            assert json.loads((WORLD / entry["file"]).read_text(encoding="utf-8"))["url"] == entry["url"]


def test_everything_lives_under_example() -> None:
    links = [link for entry in MANIFEST if entry["file"].endswith(".html") for link in parsed(entry["file"]).links]
    urls = [entry["url"] for entry in MANIFEST] + [source.url for source in CATALOG.sources]
    urls += [official.source or "" for official in CATALOG.officials] + [link for link in links if "//" in link]
    assert len(urls) > 60
    assert {(urlsplit(url).hostname or "").rpartition(".")[2] for url in urls} == {"example"}


def test_only_the_correction_comes_under_a_url_that_was_there_before() -> None:
    twice = [url for url, count in Counter(entry["url"] for entry in MANIFEST).items() if count > 1]
    revised = [page for page in PAGES.values() if "revision_of" in page]
    assert twice == [page["url"] for page in revised]
    assert len(revised) == 1


def test_no_file_is_a_burden_to_the_repository() -> None:
    assert max(path.stat().st_size for path in (WORLD / "pages").iterdir()) < 200_000


# The expectations


@pytest.mark.parametrize("name", PAGES)
def test_what_is_expected_of_a_page_stands_in_it(name: str) -> None:
    page, words = PAGES[name], text(name)
    assert page["title"] in words
    for statement in page["statements"]:
        assert words.count(statement["text"]) >= 1, statement["text"]
        assert statement["kind"] in ("direct", "mixed", "indirect")


@pytest.mark.parametrize("name", [name for name, page in HOSTILE.items() if "text" in page])
def test_what_is_expected_of_a_hostile_page_stands_in_it(name: str) -> None:
    assert HOSTILE[name]["text"] in text(name)


def test_a_withdrawn_quotation_stands_only_in_the_first_version() -> None:
    page = next(page for page in PAGES.values() if "withdrawn" in page)
    assert page["withdrawn"] in text(page["revision_of"])
    assert page["withdrawn"] not in text(page["page"])
    assert PAGES[page["revision_of"]]["url"] == page["url"]


def test_speakers_are_officials_or_speaker_ids() -> None:
    known = {official.id for official in CATALOG.officials}
    for _, statement in statements():
        assert statement["speaker"] in known or statement["speaker"].startswith("person:")


def test_utterances_name_exactly_the_pages_that_carry_them() -> None:
    carried: dict[str, list[str]] = {}
    for page, statement in statements():
        carried.setdefault(statement["utterance"], [])
        if page not in carried[statement["utterance"]]:
            carried[statement["utterance"]].append(page)
    named = {
        key: {value["first"], *(page for how in ("repeats", "versions", "loose") for page in value.get(how, ()))}
        for key, value in UTTERANCES.items()
    }
    assert named == {key: set(pages) for key, pages in carried.items()}
    assert all(value["first"] == carried[key][0] for key, value in UTTERANCES.items())


def test_one_utterance_has_one_speaker_and_a_translation_has_the_same() -> None:
    for _, statement in statements():
        assert statement["speaker"] == UTTERANCES[statement["utterance"]]["speaker"]
    for value in UTTERANCES.values():
        if "translates" in value:
            assert value["speaker"] == UTTERANCES[value["translates"]]["speaker"]


def test_copies_carry_what_the_page_they_copy_carries() -> None:
    for page in PAGES.values():
        if "copy_of" in page:
            original = {statement["utterance"] for statement in PAGES[page["copy_of"]]["statements"]}
            assert {statement["utterance"] for statement in page["statements"]} <= original


def people(watch: Watch) -> set[str]:
    """Whom a watch listens to: those it names, and all who ever held an office that it names."""
    held = {who.removeprefix("role:") for who in watch.who}
    return {*watch.who} | {o.id for o in CATALOG.officials for r in o.roles if held & {r.title, *r.aliases}}


def test_watches_expect_utterances_of_the_people_they_listen_to() -> None:
    assert set(EXPECTED["watches"]) == {watch.id for watch in CATALOG.watches}
    for watch in CATALOG.watches:
        expected = EXPECTED["watches"][watch.id]
        for key in [*expected["new"], *expected["versions"], *expected["may"]]:
            assert not watch.who or UTTERANCES[key]["speaker"] in people(watch), (watch.id, key)
        assert all("versions" in UTTERANCES[key] for key in expected["versions"])
        assert not (watch.paused and expected["new"])


def test_role_words_change_hands_in_the_middle_of_the_story() -> None:
    ministers = [
        (official.id, role)
        for official in CATALOG.officials
        for role in official.roles
        if role.title == "Menteri Pertahanan Selaraya"
    ]
    assert [(id, role.until is None) for id, role in ministers] == [
        ("harsa-wiratmaka", False),
        ("lestari-danubrata", True),
    ]
    assert ministers[0][1].until == ministers[1][1].since


# The starting catalog for real use


def test_the_starting_catalog_can_be_used_as_it_is() -> None:
    found = FileCatalog(ROOT / "seeds").snapshot()
    assert len(found.officials) >= 60
    assert all(official.source for official in found.officials)
    assert len(found.watches) >= 4
    assert all(watch.channels == ("feed:",) for watch in found.watches)
    assert found.sources
