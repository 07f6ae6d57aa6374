import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.memory import MemoryState
from pipeline.errors import Misuse
from pipeline.evaluation.utterances import EVALUATION, RIVALS, of_pairs

TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
SAID: list[dict[str, Any]] = [
    {"id": "s1", "text": TEXT, "speaker": "p", "utterance": "u1", "seen": "2031-03-10"},
    {"id": "s2", "text": TEXT.upper(), "speaker": "p", "utterance": "u1", "seen": "2031-03-11T08:00:00+07:00"},
    {"id": "s3", "text": "Harga beras di pasar induk turun", "speaker": "p", "utterance": "u2", "seen": "2031-03-11"},
    {"id": "s4", "text": TEXT, "speaker": "q", "utterance": "u3", "seen": "2031-03-11"},
]


def written(folder: Path, lines: list[str]) -> Path:
    (folder / "statements.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_clear_examples_are_put_together_by_every_program(tmp_path: Path) -> None:
    cases = EVALUATION.read(written(tmp_path, [json.dumps(row) for row in SAID]))
    measured = EVALUATION.measure(cases, tuple(RIVALS), state=MemoryState())
    assert [row[0] for row in measured.tables[0].rows] == ["pantau", *RIVALS]
    assert all(measured.figures[name]["f1"] == measured.figures[name]["cubed_f1"] == 1 for name in ("pantau", *RIVALS))


def test_pairs_are_counted_right() -> None:
    assert of_pairs("aabb", "abbb") == pytest.approx((0.4, 1 / 3, 0.5))


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "s1"}', json.dumps(SAID[0] | {"seen": "soon"})])
def test_a_line_that_is_no_statement_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(Misuse, match=r"statements.jsonl:2 is no statement"):
        EVALUATION.read(written(tmp_path, [json.dumps(SAID[0]), line]))
