"""The catalog in a folder: what is read, what every mistake is called, what a change leaves alone."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.catalog import LARGEST, FileCatalog
from pipeline.errors import BadQuery, Misuse, Unavailable
from schemas.catalog import Official, Role, Snapshot, Source, Watch

OFFICIALS = """\
# Who is tracked.
- id: rana-salim
  name: Rana Salim
  aliases: [Ibu Rana]
  roles:
    - title: Menteri Pelabuhan
      aliases: [Menpel, Ports Minister]
      since: 2024-10-01
      until: 2026-03-11
    - title: Wakil Presiden
      since: 2026-03-11
  source: https://negara.example/rana
- id: dewan-pelabuhan
  name: Dewan Pelabuhan
  kind: organisation
"""
WATCHES = """\
# Our watches.

# The ports minister, on anything.
- id: rana
  name: Rana Salim   # shown in the console
  who: [rana-salim]
  confidence: 0.6

# Anyone on the harbour.
- id: harbour
  name: The harbour
  about: text:pelabuhan
  kinds: [direct]
  channels:
    - "feed:"
    - webhook+https://hooks.example/1
"""
SOURCES = """\
[[source]]
id = "warta"
name = "Warta"
url = "https://warta.example/feed.xml"

[[source]]
id = "kabar"
name = "Kabar"
url = "https://kabar.example/politik"
kind = "section"
language = "id"
paused = true
"""


class Ticks:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def write(folder: Path, **files: str) -> FileCatalog:
    names = {"officials": "officials.yaml", "watches": "watches.yaml", "sources": "sources.toml"}
    for kind, text in files.items():
        (folder / names[kind]).write_text(text, encoding="utf-8")
    return FileCatalog(folder)


@pytest.fixture
def full(tmp_path: Path) -> FileCatalog:
    return write(tmp_path, officials=OFFICIALS, watches=WATCHES, sources=SOURCES)


def test_every_field_is_read(full: FileCatalog) -> None:
    found = full.snapshot()
    assert found.officials == (
        Official(
            id="rana-salim",
            name="Rana Salim",
            aliases=("Ibu Rana",),
            roles=(
                Role(
                    title="Menteri Pelabuhan",
                    aliases=("Menpel", "Ports Minister"),
                    since=date(2024, 10, 1),
                    until=date(2026, 3, 11),
                ),
                Role(title="Wakil Presiden", since=date(2026, 3, 11)),
            ),
            source="https://negara.example/rana",
        ),
        Official(id="dewan-pelabuhan", name="Dewan Pelabuhan", kind="organisation"),
    )
    assert found.watches == (
        Watch(id="rana", name="Rana Salim", who=("rana-salim",), confidence=0.6),
        Watch(
            id="harbour",
            name="The harbour",
            about="text:pelabuhan",
            kinds=("direct",),
            channels=("feed:", "webhook+https://hooks.example/1"),
        ),
    )
    assert found.sources[1] == Source(
        id="kabar", name="Kabar", url="https://kabar.example/politik", kind="section", language="id", paused=True
    )


def test_absent_files_are_an_empty_catalog(tmp_path: Path) -> None:
    found = FileCatalog(tmp_path / "nowhere").snapshot()
    assert (found.officials, found.watches, found.sources) == ((), (), ())


def test_words_that_yaml_would_turn_into_something_else_stay_text(tmp_path: Path) -> None:
    catalog = write(tmp_path, officials="- id: 007\n  name: No\n  aliases: [1e3, null-isle, 2024-01-01]\n")
    assert catalog.snapshot().officials == (Official(id="007", name="No", aliases=("1e3", "null-isle", "2024-01-01")),)


def test_names_and_speaker_ids_may_be_listened_to(tmp_path: Path) -> None:
    who = '["Rana", "Jubir Istana", "person:rana-salim", "organisation:dewan pelabuhan"]'
    watch = write(tmp_path, watches=f"- id: a\n  name: A\n  who: {who}\n").snapshot().watches[0]
    assert watch.who == ("Rana", "Jubir Istana", "person:rana-salim", "organisation:dewan pelabuhan")


# The same object while nothing changed


def test_the_snapshot_is_the_same_object_until_a_file_changes(tmp_path: Path) -> None:
    write(tmp_path, officials=OFFICIALS)
    ticks = Ticks()
    catalog = FileCatalog(tmp_path, tick=ticks)
    first = catalog.snapshot()
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    ticks.seconds = 0.9
    assert catalog.snapshot() is first, "looked again within the second"
    ticks.seconds = 1.0
    second = catalog.snapshot()
    assert second is not first
    assert len(second.sources) == 2
    ticks.seconds = 5.0
    assert catalog.snapshot() is second


def test_a_broken_file_is_said_until_it_is_whole(tmp_path: Path) -> None:
    ticks = Ticks()
    write(tmp_path, officials=OFFICIALS + "- id: x\n")
    catalog = FileCatalog(tmp_path, tick=ticks)
    for ticks.seconds in (2.0, 2.1, 9.0):
        with pytest.raises(Misuse, match="has no 'name'"):
            catalog.snapshot()
    write(tmp_path, officials=OFFICIALS)
    ticks.seconds = 12.0
    assert isinstance(catalog.snapshot(), Snapshot)


def test_a_file_that_breaks_later_leaves_the_last_good_catalog(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = Ticks()
    write(tmp_path, officials=OFFICIALS)
    catalog = FileCatalog(tmp_path, tick=ticks)
    good = catalog.snapshot()
    write(tmp_path, officials=OFFICIALS + "- id: x\n")
    ticks.seconds = 2.0
    assert catalog.snapshot() is good
    assert "has no 'name'" in caplog.records[0].__dict__["error"]
    write(tmp_path, officials=PERSON)
    ticks.seconds = 4.0
    assert [official.id for official in catalog.snapshot().officials] == ["a"]


# Every mistake: file, line, cure

PERSON = "- id: a\n  name: A\n"
MISTAKES = {
    "syntax": ("officials", "- id: a\n  name: 'A\n- id: b\n", 4, "put text with ':' or '#' in quotes"),
    "unquoted colon": ("officials", "- id: a\n  name: A: B\n", 2, "put text with ':' or '#' in quotes"),
    "tab": ("officials", "- id: a\n\tname: A\n", 2, "YAML takes only spaces, use two per level"),
    "control character": ("officials", "- id: a\n  name: A\x01\n", 2, "delete that character"),
    "alias": ("officials", "- id: a\n  name: &n A\n- id: b\n  name: *n\n", 4, "write the value out"),
    "tag": ("officials", "- id: a\n  name: !!python/name:os.system A\n", 2, "write plain text"),
    "nesting": ("officials", "- " * 40 + "a\n", 1, "write a plain list of entries"),
    "two documents": ("officials", PERSON + "---\n" + PERSON, 3, "keep all entries in one list"),
    "no list": ("officials", "id: a\nname: A\n", 1, "begin each entry with '- id: ...'"),
    "bare text": ("officials", PERSON + "- Rana\n", 3, "such as 'id: ...', found the text 'Rana'"),
    "missing name": ("officials", PERSON + "- id: b\n  kind: place\n", 3, "add 'name: ...'"),
    "empty name": ("officials", "- id: a\n  name:\n", 2, "add 'name: ...'"),
    "blank name": ("officials", "- id: a\n  name: '  '\n", 2, "write a value or delete the line"),
    "unknown field": ("officials", PERSON + "  rols: []\n", 3, "did you mean 'roles'?"),
    "unknown role field": (
        "officials",
        PERSON + "  roles:\n    - title: T\n      form: 2024-01-01\n",
        5,
        "unknown field 'form' in an entry of 'roles'",
    ),
    "field twice": ("officials", PERSON + "  name: B\n", 3, "keep one of them"),
    "kind": ("officials", PERSON + "  kind: organization\n", 3, "did you mean 'organisation'?"),
    "text for list": ("officials", PERSON + "  aliases: Ann\n", 3, "write 'aliases: [Ann]'"),
    "fields for list": ("officials", PERSON + "  roles:\n    title: T\n", 4, "begin each entry with '- '"),
    "list for text": ("officials", "- id: a\n  name: [A]\n", 2, "write 'name: ...'"),
    "date": ("officials", PERSON + "  roles:\n    - title: T\n      since: 1/10/2024\n", 5, "such as 2014-10-01"),
    "no such day": ("officials", PERSON + "  roles:\n    - title: T\n      since: 2026-02-30\n", 5, "2014-10-01"),
    "until before since": (
        "officials",
        PERSON + "  roles:\n    - title: T\n      since: 2026-02-01\n      until: 2026-01-01\n",
        6,
        "'until' is the first day after the office",
    ),
    "id twice": ("officials", PERSON + PERSON, 3, "used already on line 1: give one of them another id"),
    "id with capitals": ("officials", "- id: Rana Salim\n  name: A\n", 1, "write 'rana-salim'"),
    "page": ("officials", PERSON + "  source: wikipedia\n", 3, "write one like 'https://example.org/page'"),
    "unknown official": (
        "watches",
        PERSON + "  who:\n    - rana-salim\n    - rana-salm\n",
        5,
        "did you mean 'rana-salim'?",
    ),
    "unknown speaker kind": ("watches", PERSON + "  who: [persn:rana]\n", 3, "did you mean 'person'?"),
    "channel": ("watches", PERSON + "  channels: [hooks.example/1]\n", 3, "'webhook+https://example.org/hook'"),
    "channel scheme": ("watches", PERSON + "  channels: ['feed:', 'ftp://a']\n", 3, "write one like 'feed:'"),
    "channel host": ("watches", PERSON + "  channels: ['webhook+https://']\n", 3, "'webhook+https://example.org/hook'"),
    "statement kind": ("watches", PERSON + "  kinds: [quoted]\n", 3, "known are direct, indirect, mixed"),
    "no kinds": ("watches", PERSON + "  kinds: []\n", 3, "or delete the line"),
    "confidence text": ("watches", PERSON + "  confidence: high\n", 3, "write 'confidence: 0.5'"),
    "confidence range": ("watches", PERSON + "  confidence: 50\n", 3, "goes from 0 to 1, found 50: write 0.5"),
    "nan": ("watches", PERSON + "  confidence: nan\n", 3, "goes from 0 to 1"),
    "outlets": ("watches", PERSON + "  novelty: [carried]\n  outlets: few\n", 4, "write 'outlets: 3'"),
    "outlets range": ("watches", PERSON + "  novelty: [carried]\n  outlets: 1\n", 4, "goes from 2 to 1000"),
    "outlets for nothing": ("watches", PERSON + "  outlets: 3\n", 3, "add 'carried' to 'novelty'"),
    "novelty": ("watches", PERSON + "  novelty: [versions]\n", 3, "did you mean 'version'?"),
    "no novelty": ("watches", PERSON + "  novelty: []\n", 3, "write 'novelty: [utterance, version]'"),
    "cadence": ("watches", PERSON + "  cadence: dayly\n", 3, "did you mean 'daily'?"),
    "at": ("watches", PERSON + "  at: 7 Uhr\n", 3, "write hours and minutes, '07:00'"),
    "quiet": ("watches", PERSON + "  quiet: nights\n", 3, "write '22:00-06:00'"),
    "zone": ("watches", PERSON + "  zone: WIB\n", 3, "'Asia/Jakarta'"),
    "maximum": ("watches", PERSON + "  maximum: 0\n", 3, "goes from 1 to 500 alerts"),
    "name nearly": ("watches", PERSON + "  who: [Rana Salem]\n", 3, "did you mean 'Rana Salim'?"),
    "role nearly": ("watches", PERSON + "  who: ['role:Menteri Pelabuan']\n", 3, "'role:Menteri Pelabuhan'?"),
    "group": ("watches", PERSON + "  who: ['group:kabinet']\n", 3, "no official is in the group 'kabinet'"),
    "mail": ("watches", PERSON + "  channels: ['mailto:a@b']\n", 3, "write one like 'mailto:you@example.org'"),
    "mail twice": ("watches", PERSON + "  channels: ['mailto:a@b.example,c@d.example']\n", 3, "no mail address"),
    "chat": ("watches", PERSON + "  channels: ['apprise+slack:x']\n", 3, "needs an address"),
    "paused": ("watches", PERSON + "  paused: perhaps\n", 3, "write 'paused: true'"),
    "toml syntax": ("sources", '[[source]]\nid = "a"\nname = A\n', 3, "put text in quotes"),
    "toml table": ("sources", SOURCES + '[[sorce]]\nid = "c"\n', 13, "write [[source]]"),
    "toml single table": ("sources", '[source]\nid = "a"\n', 1, "begin every entry with [[source]]"),
    "source field": ("sources", SOURCES + 'lang = "id"\n', 13, "unknown field 'lang' in a source"),
    "source url": ("sources", SOURCES.replace("https://kabar", "kabar"), 9, "'https://example.org/feed.xml'"),
    "source port": ("sources", SOURCES.replace("kabar.example", "kabar.example:port"), 9, "no web address"),
    "source kind": ("sources", SOURCES.replace('"section"', '"rss"'), 10, "known are feed, section, sitemap"),
    "source id twice": ("sources", SOURCES.replace('"kabar"', '"warta"'), 7, "used already on line 2"),
    "source id taken": ("sources", SOURCES.replace('"warta"', '"upload"'), 2, "choose another"),
    "source url missing": ("sources", '[[source]]\nid = "a"\nname = "A"\n', 1, "add 'url: ...'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_line_and_cure(tmp_path: Path, mistake: str) -> None:
    kind, text, line, cure = MISTAKES[mistake]
    files = {"officials": OFFICIALS, kind: text}
    with pytest.raises(Misuse) as caught:
        write(tmp_path, **files).snapshot()
    name = "sources.toml" if kind == "sources" else f"{kind}.yaml"
    assert str(caught.value).startswith(f"{tmp_path / name}:{line}: ")
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"officials\.yaml:1: the file is larger than 5 MB"):
        write(tmp_path, officials="# " + "x" * LARGEST).snapshot()


def test_other_encodings_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "officials.yaml").write_bytes(b"- id: a\n  name: Andr\xe9\n")
    with pytest.raises(Misuse, match=r"officials\.yaml:2: byte 0xe9 is not UTF-8: save the file as UTF-8"):
        FileCatalog(tmp_path).snapshot()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert write(tmp_path, officials="\ufeff" + OFFICIALS).snapshot().officials[0].id == "rana-salim"


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").mkdir()
    with pytest.raises(Unavailable, match=r"sources\.toml cannot be read"):
        FileCatalog(tmp_path).snapshot()


def refuse_brackets(query: str) -> None:
    if "(" in query:
        raise BadQuery("a bracket is not closed", query, query.index("("))


def test_a_query_is_checked_where_it_stands(tmp_path: Path) -> None:
    write(tmp_path, watches=PERSON + "  about: '(pelabuhan'\n")
    with pytest.raises(Misuse) as caught:
        FileCatalog(tmp_path, refuse_brackets).snapshot()
    place = f"{tmp_path / 'watches.yaml'}:3: "
    assert str(caught.value) == place + "'about' is no query: a bracket is not closed (at character 1 of '(pelabuhan')"


# Changing watches


def saved(folder: Path) -> str:
    return (folder / "watches.yaml").read_text(encoding="utf-8")


def test_a_watch_is_added_at_the_end(full: FileCatalog, tmp_path: Path) -> None:
    watch = Watch(id="dewan", name="Dewan: 'apa saja'", who=("dewan-pelabuhan", "Ibu Sri"), novelty=("utterance",))
    full.save_watch(watch, "ani")
    assert saved(tmp_path).startswith(WATCHES)
    assert full.snapshot().watches[-1] == watch


def test_the_first_watch_makes_the_file(tmp_path: Path) -> None:
    for before in (None, "", "[]\n", "# nothing yet\n"):
        if before is not None:
            (tmp_path / "watches.yaml").write_text(before, encoding="utf-8")
        catalog = FileCatalog(tmp_path)
        catalog.save_watch(Watch(id="a", name="A"), "ani")
        assert catalog.snapshot().watches == (Watch(id="a", name="A"),)
        (tmp_path / "watches.yaml").unlink()


def test_pausing_touches_one_line(full: FileCatalog, tmp_path: Path) -> None:
    watch = full.snapshot().watches[0]
    paused = Watch(id=watch.id, name=watch.name, who=watch.who, confidence=watch.confidence, paused=True)
    full.save_watch(paused, "ani")
    assert saved(tmp_path) == WATCHES.replace("confidence: 0.6\n", "confidence: 0.6\n  paused: true\n")
    assert full.snapshot().watches[0] == paused
    full.save_watch(watch, "ani")
    assert saved(tmp_path) == WATCHES


def test_a_changed_field_is_rewritten_and_a_default_one_left_out(full: FileCatalog, tmp_path: Path) -> None:
    full.save_watch(Watch(id="harbour", name="The harbour", about="text:dermaga"), "ani")
    assert "# Anyone on the harbour.\n- id: harbour\n  name: The harbour\n  about: text:dermaga\n" in saved(tmp_path)
    assert "kinds" not in saved(tmp_path)
    assert "Rana Salim   # shown in the console" in saved(tmp_path)


@pytest.mark.parametrize(
    "before",
    [
        "- {id: a, name: A, who: [Rana Salim]}\n- id: b\n  name: B\n",
        "- name: A\n  id: a\n- id: b\n  name: B\n",
        "-\n  id: a\n  name: A\n-\n  id: b\n  name: B\n",
        "- id: a\n  name: >\n    A\n    B\n\n- id: b\n  name: B",
    ],
)
def test_other_ways_of_writing_an_entry_can_be_changed_too(tmp_path: Path, before: str) -> None:
    catalog = write(tmp_path, watches=before)
    other = catalog.snapshot().watches[1]
    catalog.save_watch(Watch(id="a", name="Aa", paused=True), "ani")
    assert catalog.snapshot().watches == (Watch(id="a", name="Aa", paused=True), other)
    catalog.remove_watch("a", "ani")
    assert catalog.snapshot().watches == (other,)


def test_removing_takes_the_comment_above_with_it(full: FileCatalog, tmp_path: Path) -> None:
    full.remove_watch("rana", "ani")
    assert saved(tmp_path) == "# Our watches.\n\n" + WATCHES[WATCHES.index("# Anyone") :]
    full.remove_watch("harbour", "ani")
    assert full.snapshot().watches == ()
    assert saved(tmp_path) == "# Our watches.\n"


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1)
NAMES = PRINTABLE.map(str.strip).filter(bool)
WATCHED = st.builds(
    Watch,
    id=st.just("added"),
    name=NAMES,
    who=st.lists(NAMES.map(lambda name: f"A {name}".replace(":", "").strip()), max_size=3).map(tuple),
    about=st.none() | NAMES,
    confidence=st.floats(0, 1),
    novelty=st.sampled_from([("utterance",), ("utterance", "version"), ("first", "carried")]),
    quiet=st.sampled_from([None, "22:00-06:00"]),
    cadence=st.sampled_from(["at-once", "hourly", "daily"]),
    paused=st.booleans(),
)


@given(first=WATCHED, second=WATCHED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_watch_reads_back_as_it_was_saved_and_leaves_no_trace(tmp_path: Path, first: Watch, second: Watch) -> None:
    catalog = write(tmp_path, officials=OFFICIALS, watches=WATCHES)
    for watch in (first, second):
        catalog.save_watch(watch, "ani")
        assert catalog.snapshot().watches[-1] == watch
    catalog.remove_watch("added", "ani")
    assert saved(tmp_path) == WATCHES


def test_an_unknown_watch_cannot_be_removed(full: FileCatalog, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="there is no watch 'harbor': did you mean 'harbour'"):
        full.remove_watch("harbor", "ani")
    assert saved(tmp_path) == WATCHES


@pytest.mark.parametrize(
    "bad",
    [
        Watch(id="New One", name="N"),
        Watch(id="n", name="N", who=("nobody",)),
        Watch(id="n", name="N", channels=("gopher://x",)),
        Watch(id="n", name=" "),
    ],
)
def test_a_watch_that_could_not_be_read_back_is_not_written(full: FileCatalog, tmp_path: Path, bad: Watch) -> None:
    with pytest.raises(Misuse):
        full.save_watch(bad, "ani")
    assert saved(tmp_path) == WATCHES
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "history.jsonl",
        "officials.yaml",
        "sources.toml",
        "watches.yaml",
    ]


def test_a_list_in_brackets_is_left_alone(tmp_path: Path) -> None:
    catalog = write(tmp_path, watches="[{id: a, name: A}]\n")
    with pytest.raises(Misuse, match=r"watches\.yaml:1: the list stands in brackets"):
        catalog.save_watch(Watch(id="b", name="B"), "ani")


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(WATCHES, encoding="utf-8")
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "officials.yaml").write_text(OFFICIALS, encoding="utf-8")
    (folder / "watches.yaml").symlink_to(real)
    FileCatalog(folder).remove_watch("rana", "ani")
    assert (folder / "watches.yaml").is_symlink()
    assert "rana" not in real.read_text(encoding="utf-8")
