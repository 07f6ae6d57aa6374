"""The story of the demo: a first statement alerts; its copies, a translation and a paraphrase do not; an addition does;
what a correction withdraws is noted; the digest holds each once.
"""

import io
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from agents.deliver import DELIVER
from pipeline.cli import demo_screen
from pipeline.cli.demo import ingest_world
from pipeline.cli.demo_screen import Found
from pipeline.cli.demo_story import Step, steps
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation, seeds
from pipeline.runners import operations
from pipeline.settings import load
from schemas.alert import Piece

WORLD = seeds() / "articles"
TODAK, FOLLOW_UP = "KRS Todak", "mulai besok"


class Told:
    """The demo world after its run, with the watch of the story told in digests as well."""

    def __init__(self, home: Path) -> None:
        self.house = Installation(load({}, home), WORLD / "catalog")
        watch = next(w for w in self.house.catalog.snapshot().watches if w.id == "pertahanan")
        daily = msgspec.structs.replace(watch, id="harian", cadence="daily", zone="Asia/Jakarta", channels=("atom:",))
        self.house.catalog.save_watch(daily, "ani")
        ingest_world(self.house, WORLD)
        process(self.house, 0)
        self.found: Found = demo_screen.found(self.house, Counter(), 0.0)
        self.steps: list[Step] = steps(self.found.statements, self.found.articles, self.found.alerts, "pertahanan")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("story"))


def outcomes(told: Told, how: str) -> set[str | None]:
    """What the watch was told of the steps of this kind."""
    found = {step.alert.reason if step.alert else None for step in told.steps if step.how.partition(":")[0] == how}
    assert found, f"the story has no {how}"
    return found


def test_a_first_statement_alerts_and_what_repeats_it_does_not(told: Told) -> None:
    assert outcomes(told, "first heard") == {"new-utterance"}
    for how in ("wire copy", "shortened copy", "paraphrase", "translation"):
        assert outcomes(told, how) == {None}, how


def test_the_watch_would_have_been_told_of_the_translation_as_well(told: Told) -> None:
    """It is silent because the ledger knows the utterance, and not because the watch is deaf to the language."""
    (english,) = [step.statement for step in told.steps if step.how == "translation"]
    assert english.language == "en"
    assert TODAK in english.text
    assert english.confidence >= 0.5
    assert english.novelty == "repeat"


def test_a_follow_up_alerts_as_a_new_version_with_the_added_words_marked(told: Told) -> None:
    assert outcomes(told, "follow-up") == {"new-version"}
    (alert,) = [step.alert for step in told.steps if step.alert and step.alert.reason == "new-version"]
    assert alert.proof is not None
    added = [piece for piece in alert.proof.changes if piece.kind == "added"]
    assert len(added) == 1
    assert FOLLOW_UP in added[0].text
    assert alert.proof.changes[0] == Piece("same", alert.proof.changes[0].text)
    assert alert.proof.changes[0].text.startswith("Kami mengirim dua kapal patroli")


def test_one_screen_tells_it(told: Told) -> None:
    console = Console(file=io.StringIO(), width=110, record=True)
    console.print(demo_screen.screen(told.found))
    lines = console.export_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("what the watch"))
    end = next(number for number, line in enumerate(lines) if line.startswith("alerts: a watch is told"))
    screen = "\n".join(lines[start:end])
    assert end - start <= 40
    for words in (
        "first heard",
        "wire copy",
        "shortened copy",
        "paraphrase",
        "translation",
        "follow-up",
        "new-version",
    ):
        assert words in screen, words
    assert "withdrawn by a correction of harianlayar.example" in screen
    assert "Pembelian enam radar baru sudah disetujui" in screen
    assert "[+dan mulai besok kapal rumah sakit" in "\n".join(lines[end:])


def test_a_digest_holds_each_alert_once(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    home = told.house.settings.home
    raised = [alert.alert_id for alert in told.found.alerts if alert.watch_id == "harian"]
    assert not (home / "feeds").exists(), "the digest waits for its hour"
    assert operations.waiting((DELIVER,), told.house.broker) == 1

    class Tomorrow:
        def now(self) -> datetime:
            return told.house.clock.now() + timedelta(days=1)

    for _ in range(2):
        process(Installation(load({}, home), clock=Tomorrow()), 0)
    feed: dict[str, Any] = json.loads((home / "feeds" / "harian.json").read_text(encoding="utf-8"))
    ids = [item["id"].rpartition(":")[2] for item in feed["items"]]
    assert sorted(ids) == sorted(raised)
    assert len(ids) == len(set(ids)) >= 5
