"""Runs `pantau` as its users do: in this process, which is quick, or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.cli.app import main

ROOT = Path(__file__).parents[1]


class Ended(NamedTuple):
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Pantau:
    """`pantau --home HOME ...` in this process."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._monkeypatch, self._capsys = home, monkeypatch, capsys

    def __call__(self, *arguments: object) -> Ended:
        """Run one command."""
        self._monkeypatch.setattr(sys, "argv", ["pantau", "--home", str(self.home), *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err, err
        return Ended(int(end.value.code or 0), out, err)


MakePantau = Callable[[Path], Pantau]


def command(*arguments: object) -> list[str]:
    """The same program as a command line for a process of its own."""
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """The environment for it: no settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PANTAU_")}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def run(*arguments: object, cwd: Path | None = None, stdin: bytes = b"", **more: str) -> Ended:
    """Run the program in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        env=environment(**more),
        cwd=cwd,
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
