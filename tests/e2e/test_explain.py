"""`pantau explain`: who said what in one page and why, in a terminal and as one HTML file; nothing stored."""

import os
import pty
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.cli.explain import LOOKS, _words
from tests.command import Ended, command, environment, run

STORY = """Jembatan Desa Selesai Bulan Depan

Hujan turun sejak pagi di Desa Karang Asri, dan warga menunggu di balai desa yang baru dibangun tahun lalu.

"Jembatan <b>itu</b> selesai bulan depan jika hujan berhenti," kata Presiden Aruna Kalijati dalam konferensi pers \
di Lomara, Senin (2/3/2026).

Menurut Aruna, anggarannya tidak cukup untuk dua tahun, dan pemerintah pusat harus menambah dana itu secepatnya.

"Kami tidak tahu soal itu," ujar seorang warga.
"""
OFFICIALS = """- id: aruna-kalijati
  name: Aruna Kalijati
  roles: [{title: Presiden Selaraya, since: 2020-01-01}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "catalog").mkdir(parents=True)
    (folder / "catalog" / "officials.yaml").write_text(OFFICIALS, encoding="utf-8")
    return folder


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


def explained(home: Path, *arguments: object, stdin: bytes = b"") -> Ended:
    return run("--home", home, "explain", *arguments, stdin=stdin)


def test_statements_and_names_are_listed_with_their_reasons(home: Path, story: Path) -> None:
    ended = explained(home, story)
    assert (ended.code, ended.err) == (0, "")
    assert "\x1b" not in ended.out
    assert '1  "Jembatan <b>itu</b> selesai' in ended.out
    first = ended.out.split("Statements: 3\n")[1].split("\n2 ")[0]
    assert "official: aruna-kalijati" in first
    assert "named as: Presiden Aruna Kalijati" in first
    assert "because: name (the name as it stands there) → official-name (an official of the catalog, by name)" in first
    assert "rule: quote-cue (a quotation, and behind it a verb of saying)" in first
    assert re.search(r"confidence: 0\.\d\d", first)
    assert "said on: 2026-03-02" in first
    assert "place: Lomara" in first
    assert "occasion: konferensi pers" in first
    assert "note: holds on a condition" in first
    assert "denies something" in ended.out
    assert "Aruna Kalijati, person\n  official: aruna-kalijati\n  because: name (an official" in ended.out


def test_standard_input_and_web_pages_are_taken(home: Path) -> None:
    paragraphs = "".join(f"<p>{line.replace('<', '&lt;')}</p>" for line in STORY.split("\n\n")[1:])
    page = f"<html lang=id><body><article><h1>Jembatan</h1>{paragraphs}</article></body></html>"
    ended = explained(home, "-", "--json", stdin=page.encode())
    found = ended.json()
    speakers = ["aruna-kalijati", "aruna-kalijati", "organisation:warga"]
    assert [one["speaker_id"] for one in found["statements"]] == speakers
    for one in found["statements"]:
        assert found["article"]["text"][one["start"] : one["end"]] == one["text"]


def test_the_language_can_be_told(home: Path, story: Path) -> None:
    found = explained(home, story, "--language", "sw", "--json").json()
    assert found["article"]["language"] == "sw"
    assert {one["kind"] for one in found["statements"]} == {"direct"}, "no words of saying are known in it"


class Page(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_html_file_stands_alone_and_says_the_same(home: Path, story: Path, tmp_path: Path) -> None:
    out = tmp_path / "explained.html"
    ended = explained(home, story, "--out", out)
    assert (ended.code, f"explained in {out}" in ended.err) == (0, True)
    page = Page(out.read_text(encoding="utf-8"))
    assert not page.tags & {"script", "link", "img", "iframe", "object", "b", "a"}
    assert not page.attributes & {"src", "href", "onclick", "srcset"}
    assert "url(" not in out.read_text(encoding="utf-8")
    assert "<b>itu</b>" in page.text
    for line in ended.out.split("Statements: 3\n")[1].splitlines():
        value = line.split(": ", 1)[-1].strip()
        assert value in page.text


def test_a_terminal_shows_colours(home: Path, story: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command("--home", home, "explain", story),
        stdout=follower,
        stderr=follower,
        env=environment(TERM="xterm-256color", COLUMNS="80"),
    )
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:
        pass  # that is how a pseudo-terminal says that its other side is closed
    assert process.wait() == 0
    lines = shown.decode().replace("\r", "").split("\n")
    assert any("\x1b[32m" in line and "Jembatan" in line for line in lines), "what is quoted is green"
    assert any("\x1b[1;35mAruna Kalijati" in line for line in lines), "people are magenta"
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines) <= 80


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        (None, (), 2, "there is no file"),
        (b"", (), 2, "is empty: name a file that holds a page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", (), 2, "story.txt"),
        (b"Home\nNews\n", (), 1, "gives no article"),
        (STORY.encode(), ("--out", "/proc/nowhere/x.html"), 3, "name another file with --out"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_sentence(
    home: Path, story: Path, content: bytes | None, arguments: tuple[str, ...], code: int, said: str
) -> None:
    story.unlink() if content is None else story.write_bytes(content)
    ended = explained(home, story, *arguments)
    assert ended.code == code
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_without_a_home_none_is_made(story: Path, tmp_path: Path) -> None:
    ended = explained(tmp_path / "none", story)
    assert ended.code == 0
    assert not (tmp_path / "none").exists()


def test_every_rule_and_every_reason_is_told() -> None:
    folder = Path(__file__).parents[2] / "pipeline" / "news"
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("statements/*.py")))
    rules = set(re.findall(r'"((?:quote|cue|colon|according|subject|clause)-[a-z]+)"', source))
    told = set(re.findall(r'(?:because\(|, \()"([a-z-]+)"', source))
    assert len(rules) >= 10
    assert rules <= _words()["rules"].keys()
    assert len(told) >= 8
    assert told <= _words()["reasons"].keys()
    assert {"direct", "mixed", "indirect", "person", "organisation", "place", "role"} <= {look.kind for look in LOOKS}
