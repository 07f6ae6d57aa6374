"""Settings and the table of backends: what is wrong is named, with the cure."""

from pathlib import Path

import pytest

from pipeline.adapters import BACKENDS, backend, open_port
from pipeline.errors import Misuse
from pipeline.settings import VARIABLES, load


def test_everything_lies_in_the_home_folder_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load({"PANTAU_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.broker == f"sqlite://{tmp_path}/flow.db"
    assert load({"PANTAU_HOME": "elsewhere"}, tmp_path).home == tmp_path, "the command line wins"
    assert (settings.serve_host, settings.serve_port) == ("127.0.0.1", None), "nobody is listened to unless asked for"
    assert load({"PANTAU_INDEX": "sqlite:///x/y.db"}, tmp_path).index == "sqlite:///x/y.db"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PANTAU_WORKERS", "many", "PANTAU_WORKERS is 'many': write a whole number from 0 to 256"),
        ("PANTAU_WORKERS", "-1", "write a whole number"),
        ("PANTAU_METRICS_PORT", "70000", "from 0 to 65535"),
        ("PANTAU_SERVE_PORT", "http", "PANTAU_SERVE_PORT is 'http'"),
        ("PANTAU_LOG", "loud", "write one of debug, info, warning, error"),
        ("PANTAU_HOEM", "x", "unknown setting PANTAU_HOEM: there are PANTAU_HOME"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        load({name: value})


def test_every_variable_is_documented_and_read() -> None:
    product = Path(__file__).parents[2] / "pipeline"
    source = "".join(path.read_text(encoding="utf-8") for path in product.rglob("*.py"))
    for name in VARIABLES:
        assert source.count(f'"{name.removesuffix("_FILE")}') >= 2, f"{name} is documented but not read"


@pytest.mark.parametrize("place", sorted(BACKENDS), ids=":".join)
def test_every_backend_of_the_table_can_be_loaded(place: tuple[str, str]) -> None:
    port, scheme = place
    assert isinstance(backend(port, f"{scheme}:"), type)


def test_an_unknown_scheme_is_answered_with_those_there_are() -> None:
    with pytest.raises(Misuse, match=r"no broker for 'rabbit://x': write a URL that begins with kafka:, sqlite:"):
        open_port("broker", "rabbit://x")
