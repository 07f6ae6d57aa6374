"""The documents say what is so: links, commands, settings, flow, backends, make targets, and the result they show."""

import io
import json
import re
import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from agents import FLOW
from pipeline import __version__
from pipeline.adapters import BACKENDS
from pipeline.cli import demo_screen
from pipeline.cli.app import app
from pipeline.cli.demo import ingest_world
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation, seeds
from pipeline.settings import VARIABLES, load
from schemas.codec import decode
from schemas.documents import FAMILIES, fields
from schemas.topics import BY_NAME

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
README, ARCHITECTURE = TEXTS["README.md"], TEXTS["ARCHITECTURE.md"]
WIDTH = 100
"""Columns of the terminal in which the README's result was shown."""
ON_THE_DEMO = "export PANTAU_HOME=pantau-demo"
"""A block with this line is run on the home of the demo, from this line on."""


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for language, content in found if language in languages]


def commands(block: str) -> Iterator[list[str]]:
    """The arguments of each `pantau` in a block of shell; comments and prompts are left out."""
    for line in block.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words[:1] == ["pantau"]:
            yield words[1:]


def tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a document: rows of cells without their white space and code marks, the head first."""
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()]
        yield [rows[0], *rows[2:]]


def table(text: str, first: str) -> list[list[str]]:
    """The rows under the head that begins with this cell."""
    (found,) = [rows[1:] for rows in tables(text) if rows[0][0] == first]
    return found


def codes(text: str) -> set[str]:
    """What stands between single code marks, blocks left out."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)))


SHELL = [block for text in TEXTS.values() for block in blocks(text, "sh", "console")]
SHOWN = [args for block in SHELL for args in commands(block)]
RUN = [args for block in SHELL if ON_THE_DEMO in block for args in commands(block.partition(ON_THE_DEMO)[2])]


# Places


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name])}
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


def test_the_readme_leads_to_the_other_documents() -> None:
    linked = set(re.findall(r"\]\(([^)\s]+)\)", README))
    assert {*DOCUMENTS[1:], "NOTICE", "LICENSE"} <= linked


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_and_folders_that_are_named_exist(name: str) -> None:
    tops = ("schemas/", "agents/", "pipeline/", "seeds/", "tests/", "deploy/", ".ci/")
    named = {code for code in codes(TEXTS[name]) if code.startswith(tops) and not re.search(r"[A-Z]{3}|[*{ ]", code)}
    assert not [path for path in named if not (ROOT / path).exists()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = [*codes(TEXTS[name]), *(line for block in SHELL for line in block.splitlines())]
    asked = {target for text in said for target in re.findall(r"(?:^|&& |; )make ([a-z]+)", text)}
    assert asked <= targets


# Commands


def parse(args: list[str]) -> None:
    """Read a command line as the program would, without running it. Raises a usage error."""
    command, name, context = typer.main.get_command(app), "pantau", None
    while True:
        context = command.make_context(name, list(args), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        name, command, args = command.resolve_command(context, [*context._protected_args, *context.args])


@pytest.mark.parametrize("args", SHOWN, ids=" ".join)
def test_every_command_shown_can_be_parsed(args: list[str]) -> None:
    parse(args)


def test_a_wrong_option_would_be_noticed() -> None:
    for wrong in (["search", "--nonsense"], ["watch", "add"], ["serch"]):
        with pytest.raises(Exception, match=r"nonsense|Missing parameter|serch"):
            parse(wrong)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("docs") / "pantau-demo"
    world = seeds() / "articles"
    made = Installation(load({}, home), world / "catalog")
    counts = ingest_world(made, world)
    process(made, 0)
    shown = Console(file=io.StringIO(), width=WIDTH, highlight=False)
    shown.print(demo_screen.screen(demo_screen.found(made, counts, 6.0)))
    (home / "screen.txt").write_text(shown.file.getvalue(), encoding="utf-8")  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("args", RUN, ids=" ".join)
def test_commands_on_the_demo_work(
    args: list[str], house: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANTAU_HOME", str(house.settings.home))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a command leaves its files to the end of its process
        result = CliRunner().invoke(app, args)
    assert (result.exit_code, result.exception) == (0, None), result.output
    assert result.stdout.strip() or any(tmp_path.iterdir())


def test_every_kind_of_command_is_shown() -> None:
    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    assert {args[0] for args in SHOWN} | {"demo"} == known
    assert len(RUN) >= 8


def test_the_result_in_the_readme_is_what_the_demo_prints(house: Installation) -> None:
    (shown,) = blocks(README, "text")
    printed = {same(line) for line in (house.settings.home / "screen.txt").read_text(encoding="utf-8").splitlines()}
    wrong = [line for line in shown.splitlines() if line != "…" and same(line) not in printed]
    assert not wrong, "run `make demo` and copy these lines anew"


def same(line: str) -> str:
    """A line without the time that it took, with the frames of a table's head like those of its rows."""
    return re.sub(r"in \d+\.\d s", "in … s", line.replace("┃", "│")).rstrip()


# Tables


def test_the_settings_are_those_of_the_program() -> None:
    said = [name for row in table(README, "variable") for name in re.findall(r"\w+", row[0])]
    assert sorted(said) == sorted(VARIABLES)


def test_the_fields_are_those_of_the_documents() -> None:
    for names, where, _ in table(README, "field"):
        families = FAMILIES if where == "all" else where.split(", ")
        for family in families:
            assert set(re.findall(r"\w+", names)) <= fields(FAMILIES[family]).keys()


def test_the_home_folder_holds_what_the_readme_says(house: Installation) -> None:
    named = [row[0] for row in table(README, "in the home folder")]
    assert not [name for name in named if not (house.settings.home / name).exists()]


def test_exit_codes_are_those_of_the_program() -> None:
    said = re.search(r"^Exit codes: .*?\n\n", README, re.MULTILINE | re.DOTALL)
    program = re.search(r"Exit codes: .*?\n\n?\"\"\"", (ROOT / "pipeline/cli/app.py").read_text(), re.DOTALL)
    assert said
    assert program
    numbers = re.compile(r"(?:: |; )(\d+) ")
    codes = numbers.findall(" ".join(program[0].split()))
    assert numbers.findall(" ".join(said[0].split())) == codes == ["0", "1", "2", "3", "130"]


def test_the_flow_table_is_the_flow() -> None:
    said = [tuple(row[:3]) for row in table(ARCHITECTURE, "agent")]
    listed = [(a.name, [t.name for t in a.reads], [t.name for t in a.writes]) for a in FLOW]
    assert said == [(name, ", ".join(reads), ", ".join(writes) or "none") for name, reads, writes in listed]


def test_the_keys_in_the_flow_table_are_those_of_messages() -> None:
    rows = table(ARCHITECTURE, "agent")
    said = {topic: key for row in rows for topic, key in zip(row[2].split(", "), row[3].split("; "), strict=True)}
    for name in sorted(said.keys() - {"none"}):
        for path in (ROOT / "schemas" / "examples" / name).iterdir():
            record = decode(path.read_bytes(), BY_NAME[name].record.SCHEMA, BY_NAME[name].record)
            named = set(values(json.loads(path.read_bytes()), said[name].replace(" ", "_")))
            assert BY_NAME[name].key(record) in named, f"{name} has another key than {said[name]}"


def values(found: Any, name: str) -> Iterator[Any]:
    """Every value of a field of this name, however deep."""
    if isinstance(found, dict):
        yield from (value for key, value in found.items() if key == name)
    for inner in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from values(inner, name)


def test_the_picture_is_the_flow() -> None:
    (picture,) = blocks(README, "mermaid")
    arrows = set(re.findall(r"(\w+)(?:\(\[.*?\]\))? -- (\S+) --> (\w+)", picture))
    writers = {topic.name: agent.name for agent in FLOW for topic in agent.writes}
    assert arrows == {(writers.get(t.name, "ingest"), t.name, agent.name) for agent in FLOW for t in agent.reads}


def test_the_backends_are_those_of_the_table() -> None:
    said = {(row[0], row[2]): row[3] for row in table(ARCHITECTURE, "port")}
    assert said == BACKENDS


def test_the_changelog_has_this_version() -> None:
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", TEXTS["CHANGELOG.md"], re.MULTILINE)


def test_the_notice_names_every_package_of_the_locks() -> None:
    plain, servers, notice = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("requirements.lock", "requirements-servers.lock", "NOTICE")
    )
    locked = set(re.findall(r"^([a-z0-9-]+)==", plain + servers, re.MULTILINE))
    assert set(re.findall(r"^  ([a-z0-9-]+)  ", notice, re.MULTILINE)) == locked


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200
