"""API keys: what opens, what does not, and that nobody learns anything from how long it takes."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.apikeys import SCOPES, ApiKeys
from pipeline.errors import Misuse, Unavailable

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)


def test_a_key_opens_what_it_was_made_for_until_it_ends(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path)
    made, words = keys.make("newsroom", ("upload",), NOW, NOW + timedelta(days=1))
    found = ApiKeys(tmp_path).find(words)
    assert found == made
    assert (found.works(NOW), found.works(NOW + timedelta(days=1))) == (True, False)
    assert keys.find(words + "x") is None
    assert keys.find("") is None
    assert keys.find("\udc80") is None


def test_another_process_sees_a_revocation_at_once(tmp_path: Path) -> None:
    serving, operator = ApiKeys(tmp_path), ApiKeys(tmp_path)
    _, words = operator.make("newsroom", SCOPES, NOW)
    found = serving.find(words)
    assert found
    assert found.works(NOW)
    operator.revoke("newsroom", NOW)
    found = serving.find(words)
    assert found
    assert not found.works(NOW)
    with pytest.raises(Misuse, match="there are none"):
        operator.revoke("newsroom", NOW)


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text("[{", encoding="utf-8")
    for call in (lambda: ApiKeys(tmp_path).all(), lambda: ApiKeys(tmp_path).make("x", SCOPES, NOW)):
        with pytest.raises(Unavailable, match=r"api-keys\.json is damaged: move it away"):
            call()
    assert (tmp_path / "api-keys.json").read_text(encoding="utf-8") == "[{"


def test_a_wrong_secret_takes_as_long_as_an_id_that_there_is_not(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path)
    _, words = keys.make("newsroom", SCOPES, NOW)
    wrong = {"secret": words[:-1] + ("A" if words[-1] != "A" else "B"), "id": "pantau_000000000000_" + words[-43:]}
    took: dict[str, list[int]] = {name: [] for name in wrong}
    for _ in range(2000):
        for name, tried in wrong.items():
            start = time.perf_counter_ns()
            assert keys.find(tried) is None
            took[name].append(time.perf_counter_ns() - start)
    ratio = statistics.median(took["secret"]) / statistics.median(took["id"])
    assert 0.8 < ratio < 1.25
