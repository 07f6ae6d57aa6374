"""Writes the index templates beside this file: `python -m deploy.elasticsearch`."""

import json
from pathlib import Path

from pipeline.adapters.elasticsearch.mapping import template
from schemas.documents import FAMILIES

HERE = Path(__file__).parent


def texts() -> dict[str, str]:
    """The content of each file by its name."""
    made = {family: json.dumps(template("pantau", family), indent=1, ensure_ascii=False) for family in FAMILIES}
    return {f"pantau-{family}.json": f"{text}\n" for family, text in made.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (HERE / name).write_text(text, encoding="utf-8")
