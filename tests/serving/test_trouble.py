"""What is wrong below the server becomes an answer that says so, and what was mended works again."""

import sqlite3
from pathlib import Path

import pytest

from pipeline.adapters.sqlite import database
from pipeline.adapters.sqlite.broker import SqliteBroker
from tests.serving.service import problem, served


def test_a_file_that_another_process_holds_is_told_and_works_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.3)
    with served(tmp_path) as service:
        holder = sqlite3.connect(tmp_path / "flow.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answer = service.post(b"<p>Menunggu giliran.")
        assert "locked by another process" in problem(answer, 503, "unavailable")["detail"]
        assert answer.headers["retry-after"] == "30"
        holder.execute("ROLLBACK")
        holder.close()
        assert service.post(b"<p>Menunggu giliran.").json()["articles"][0]["entry"] == "new"


def test_keys_that_cannot_be_read_open_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        good = (tmp_path / "api-keys.json").read_bytes()
        (tmp_path / "api-keys.json").write_text("{", encoding="utf-8")
        assert "is damaged: move it away" in problem(service.post(b"<p>x"), 503, "unavailable")["detail"]
        (tmp_path / "api-keys.json").write_bytes(good)
        assert service.post(b"<p>Kunci dipulihkan.").status_code == 202


def test_a_page_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        (tmp_path / "pages").rmdir()
        (tmp_path / "pages").write_text("a file in its place", encoding="utf-8")
        problem(service.post(b"<p>Tanpa tempat."), 503, "unavailable")
        assert service.arrived() == []
        (tmp_path / "pages").unlink()
        (tmp_path / "pages").mkdir()
        assert service.post(b"<p>Tanpa tempat.").status_code == 202


def test_a_fault_that_nobody_expected_is_a_problem_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError

    with served(tmp_path) as service:
        with monkeypatch.context() as wrong:
            wrong.setattr("pipeline.serving.reading.stated", broken)
            problem(service.post(b"<p>Rusak."), 500, "failed")
        assert service.post(b"<p>Rusak.").status_code == 202


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_topics_outlive_a_loss_of_power_where_uploads_are_taken(tmp_path: Path, durable: bool, level: int) -> None:
    opened = SqliteBroker(tmp_path / "flow.db", durable=durable)
    assert opened._database.connection.execute("PRAGMA synchronous").fetchone() == (level,), "2 is FULL"
    opened.close()
