from pathlib import Path

import pytest

from tests.contracts.readers.uploads import Put


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write
