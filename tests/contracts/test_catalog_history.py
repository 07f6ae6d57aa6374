"""Who changed what in the catalog, and that a change reaches those who run."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters.catalog import FileCatalog
from pipeline.adapters.catalog_history import BY_HAND
from pipeline.errors import Misuse
from schemas.catalog import Watch

WATCH = Watch(id="dermaga", name="Dermaga", about="dermaga", kinds=("direct",))


def test_every_change_is_kept_with_who_when_and_what(tmp_path: Path) -> None:
    catalog, before = FileCatalog(tmp_path), datetime.now(UTC)
    catalog.save_watch(WATCH, "ani")
    catalog.save_watch(msgspec.structs.replace(WATCH, confidence=0.7, quiet="22:00-06:00"), "budi")
    catalog.remove_watch("dermaga", "ani")
    found = FileCatalog(tmp_path).changes()
    assert [(c.by, c.kind, c.id, c.change) for c in found] == [
        ("ani", "watch", "dermaga", "added"), ("budi", "watch", "dermaga", "changed"),
        ("ani", "watch", "dermaga", "removed"),
    ]  # fmt: skip
    assert found[1].fields == {"confidence": (None, 0.7), "quiet": (None, "22:00-06:00")}
    assert all(before <= change.at <= datetime.now(UTC) for change in found)
    assert catalog.changes("other") == []


def test_what_changed_by_hand_is_kept_with_the_time_of_its_file(tmp_path: Path) -> None:
    catalog = FileCatalog(tmp_path)
    catalog.save_watch(WATCH, "ani")
    officials, at = tmp_path / "officials.yaml", datetime(2030, 5, 1, tzinfo=UTC)
    officials.write_text("- id: rana\n  name: Rana Salim\n", encoding="utf-8")
    os.utime(officials, (at.timestamp(), at.timestamp()))
    watches = tmp_path / "watches.yaml"
    watches.write_text(watches.read_text().replace("Dermaga", "Pelabuhan"), encoding="utf-8")
    catalog.save_watch(Watch(id="kapal", name="Kapal"), "budi")
    by_hand, renamed, added = sorted(catalog.changes()[1:], key=lambda c: c.id)[::-1]
    assert (by_hand.id, by_hand.by, by_hand.at) == ("rana", BY_HAND, at)
    assert (added.id, added.by, added.fields["name"]) == ("dermaga", BY_HAND, ("Dermaga", "Pelabuhan"))
    assert (renamed.id, renamed.by) == ("kapal", "budi")
    assert len(catalog.changes()) == len(catalog.changes()) == 4


def test_half_a_line_that_a_kill_left_is_cut_off(tmp_path: Path) -> None:
    catalog, path = FileCatalog(tmp_path), tmp_path / "history.jsonl"
    catalog.save_watch(WATCH, "ani")
    path.write_bytes(path.read_bytes() + b'{"at": "20')
    catalog.save_watch(Watch(id="kapal", name="Kapal"), "budi")
    assert [change.id for change in catalog.changes()] == ["dermaga", "kapal"]


def test_a_damaged_history_is_named_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text("nonsense\n")
    with pytest.raises(Misuse, match=r"history\.jsonl is damaged .*move it away"):
        FileCatalog(tmp_path).changes()


def test_a_change_reaches_another_process_within_seconds(tmp_path: Path) -> None:
    """A worker asks for the catalog with each message, on both runners alike; here one asks all the time."""
    FileCatalog(tmp_path).save_watch(WATCH, "ani")
    asks = (
        "import sys, time; from pipeline.adapters.catalog import FileCatalog; catalog = FileCatalog(sys.argv[1])\n"
        "while True:\n    ids = [watch.id for watch in catalog.snapshot().watches]\n    print(ids, flush=True)\n"
        "    if 'kapal' in ids: break\n    time.sleep(0.05)\n"
    )
    with subprocess.Popen([sys.executable, "-c", asks, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline().replace("'", '"')) == ["dermaga"]
        start = time.monotonic()
        FileCatalog(tmp_path).save_watch(Watch(id="kapal", name="Kapal"), "budi")
        assert process.wait(timeout=10) == 0
        assert timedelta(seconds=time.monotonic() - start) < timedelta(seconds=10)
