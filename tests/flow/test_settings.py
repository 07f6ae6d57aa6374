"""Settings and the table of backends: what is wrong is named, with the cure."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.adapters import BACKENDS, backend, open_port
from pipeline.adapters.fetching import Policy
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
        ("PANTAU_FETCH_DELAY", "soon", "from 0 to 3600"),
        ("PANTAU_FETCH_PORTS", "8080, 0", "PANTAU_FETCH_PORTS has '0': write numbers from 1 to 65535"),
        ("PANTAU_FETCH_PORTS", "http", "write numbers"),
        ("PANTAU_PUBLIC_URL", "pantau.example", "write an address such as https://"),
        (
            "PANTAU_SOURCE_REPORT",
            "weekly",
            "PANTAU_SOURCE_REPORT: 'weekly' is no time of the week: write 'monday 07:00'",
        ),
        ("PANTAU_CONTACT", "us (at home)", "write a URL such as https://"),
        ("PANTAU_CONTACT", "https://a.example/\r\nX: y", "write a URL such as https://"),
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


def test_what_the_fetcher_may_do_comes_from_the_settings() -> None:
    contact = {"PANTAU_CONTACT": "https://a.example/crawler", "PANTAU_FETCH_PORTS": "8080, 8443"}
    policy = Policy.of(load({**contact, "PANTAU_FETCH_DELAY": "0"}))
    assert (policy.ports, policy.delay) == ({8080, 8443}, timedelta(0))
    assert policy.agent == f"Pantau/{__version__} (+https://a.example/crawler)"
    usual = Policy.of(load({}))
    assert (usual.ports, usual.delay, usual.agent) == (set(), timedelta(seconds=2), f"Pantau/{__version__}")


@pytest.mark.parametrize("place", sorted(BACKENDS), ids=":".join)
def test_every_backend_of_the_table_can_be_loaded(place: tuple[str, str]) -> None:
    port, scheme = place
    assert isinstance(backend(port, f"{scheme}:"), type)


def test_an_unknown_scheme_is_answered_with_those_there_are() -> None:
    with pytest.raises(Misuse, match=r"no broker for 'rabbit://x': write a URL that begins with kafka:, sqlite:"):
        open_port("broker", "rabbit://x")
