"""What channels say, against a real mail server, files and an HTTP server; articles try to put things into it."""

import contextlib
import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pipeline.adapters import addresses, keys
from pipeline.adapters.channels import Channels, mail
from pipeline.errors import Misuse, Reject, TryLater, Unavailable
from pipeline.news import telling
from pipeline.news.proof import proof
from schemas.alert import AlertRaised
from schemas.statement import Carrier, Statement, StatementRecorded, Utterance
from tests.stack.certificates import Authority

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # of the server
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOSTILE = (
    "Kami\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script> <img src=x onerror=y> https://evil.example/a "
    "www.evil.example [klik](javascript:alert(1)) **tebal** _miring_ <https://evil.example|klik> @everyone "
    "<!channel> \x1b[31mmerah\x1b[0m \u202eterbalik ]]> &amp; `code` ana@evil.example"
)


def alert(id: str = "one", said: str = "Tiga kapal patroli siap", **fields: Any) -> AlertRaised:
    statement = Statement(
        statement_id=f"s-{id}", kind="direct", part="body", start=0, end=len(said), text=said, speaker="Ratna Kusuma",
        speaker_id="ratna", rule="r", confidence=0.9, reasons=("surname", "full-name"), before="Ia datang. “",
        after=",” kata Ratna. Ia lalu pergi. Hujan turun.", page_start=10, page_end=33, cue="kata",
    )  # fmt: skip
    carrier = Carrier(
        article_id="a", revision=1, page="p", title=fields.pop("title", "Judul"), language="id", family="a",
        fetched_at=NOON, url=fields.pop("url", "https://warta.example/a?b=1&c=2"), outlet="warta.example",
    )  # fmt: skip
    utterance = Utterance(
        utterance_id=fields.pop("utterance", "u"), novelty="version", first_seen=NOON, earlier="Dua kapal patroli siap",
        added=("tiga",), outlets=("kabar.example", "warta.example"),
    )  # fmt: skip
    recorded = StatementRecorded(statement=statement, carrier=carrier, utterance=utterance)
    return AlertRaised(
        **{
            "alert_id": id, "watch_id": "w", "watch": "Perairan", "reason": "new-version", "why": "Ratna is watched.",
            "raised_at": NOON, "recorded": recorded, "proof": proof(recorded), **fields,
        }
    )  # fmt: skip


def hostile() -> AlertRaised:
    return alert("evil", HOSTILE, title=HOSTILE, url="javascript:alert(1)", watch=HOSTILE, why=HOSTILE)


class Knocking(Controller):
    """A controller on a free port, which only the started server knows."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        socket.create_connection(self.server.sockets[0].getsockname(), 5).close()


class Post:
    """A mail server on a free port, with TLS and a password. `answer` is what it says to the next mails."""

    def __init__(self, certificate: tuple[Path, Path], tls: str) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []
        self.answer = "250 taken"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        secured: dict[str, Any] = (
            {"ssl_context": context} if tls == "smtps" else {"tls_context": context, "require_starttls": True}
        )
        self.controller = Knocking(
            self, hostname="127.0.0.1", port=0, authenticator=self.check, auth_required=True,
            auth_require_tls=tls != "smtps", **secured,
        )  # fmt: skip

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"pantau", b"hush")
        return AuthResult(success=good, handled=good)

    async def handle_DATA(  # noqa: N802 - the name that the server calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            found = message_from_bytes(envelope.content or b"", policy=default)
            assert isinstance(found, EmailMessage)
            self.mails.append(found)
            self.to += envelope.rcpt_tos
        return self.answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("mail") / "ca")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> tuple[Path, Path]:
    return authority.certify("mail")


@contextlib.contextmanager
def serving(post: Post) -> Iterator[int]:
    post.controller.start()
    try:
        assert post.controller.server is not None
        yield post.controller.server.sockets[0].getsockname()[1]
    finally:
        post.controller.stop()


@pytest.fixture(params=["smtp", "smtps"])
def post(
    request: pytest.FixtureRequest,
    authority: Authority,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Post]:
    made = Post(certificate, request.param)
    with serving(made) as port:
        url = f"{request.param}://pantau@127.0.0.1:{port}?from=pantau@warta.example&ca={authority.certificate}"
        monkeypatch.setenv("PANTAU_SMTP", url)
        monkeypatch.setenv("PANTAU_SMTP_PASSWORD", "hush")
        yield made


def part(found: EmailMessage, kind: str) -> str:
    body = found.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_mail_has_the_proof_as_text_and_as_html(post: Post, tmp_path: Path) -> None:
    Channels(tmp_path).send("mailto:ani@warta.example", [alert()])
    ((found,), to) = post.mails, post.to
    assert to == ["ani@warta.example"]
    assert str(found["Subject"]) == "Ratna Kusuma (new version): Tiga kapal patroli siap"
    assert (str(found["From"]), str(found["Message-ID"])) == ("Pantau <pantau@warta.example>", "<one@warta.example>")
    for body in (part(found, "plain"), part(found, "html")):
        flat = body.replace("\u200b", "")
        for words in ("Ia datang.", "“Tiga kapal patroli siap,”", "kata Ratna. Ia lalu pergi.", "surname", "0.90",
                      "warta.example", "kabar.example", "p#10-33", "Ratna is watched.", "2030-05-01"):  # fmt: skip
            assert words in flat.replace("&gt;", ">"), words
        assert "Hujan" not in flat
    assert "[-Dua-] [+Tiga+] kapal patroli siap" in part(found, "plain")
    assert "<del>Dua</del> <ins>Tiga</ins> kapal patroli siap" in part(found, "html")
    assert '<a href="https://warta.example/a?b=1&amp;c=2"' in part(found, "html")


def test_mails_of_an_utterance_are_a_thread_and_another_attempt_is_the_same_mail(post: Post, tmp_path: Path) -> None:
    channels = Channels(tmp_path)
    for one in (alert("one"), alert("two"), alert("one"), alert("other", utterance="v")):
        channels.send("mailto:ani@warta.example", [one])
    ids, threads = [m["Message-ID"] for m in post.mails], [m["References"] for m in post.mails]
    assert ids[0] == ids[2] != ids[1]
    assert threads[0] == threads[1] == threads[2] != threads[3]
    assert [m["In-Reply-To"] for m in post.mails] == threads


def test_a_digest_has_a_table_of_contents_that_leads_to_each(post: Post, tmp_path: Path) -> None:
    Channels(tmp_path).send("mailto:ani@warta.example", [alert("one"), alert("two", "Bensin tidak naik")])
    (found,) = post.mails
    assert str(found["Subject"]) == "Perairan: 2 alerts"
    text, html = part(found, "plain"), part(found, "html")
    assert "1. Ratna Kusuma (new version): Tiga kapal" in text
    assert "2. Ratna Kusuma (new version): Bensin tidak naik" in text
    assert text.count("Bensin tidak naik") >= 2
    for anchor in ("a1", "a2"):
        assert html.count(f'href="#{anchor}"') == html.count(f'id="{anchor}"') == 1


def test_a_mail_pauses_its_watch_at_one_click(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.warta.example/")
    Channels(tmp_path).send("mailto:ani@warta.example", [alert()])
    link = str(post.mails[0]["List-Unsubscribe"]).strip("<>")
    assert link.startswith("https://pantau.warta.example/watches/w/pause?token=w.")
    assert str(post.mails[0]["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert link in part(post.mails[0], "plain")
    assert keys.paused_by(tmp_path, link.partition("token=")[2]) == "w"


def test_a_pause_link_is_for_one_watch_and_for_a_month(tmp_path: Path) -> None:
    token = keys.pause_token(tmp_path, "a.b", now=1000.0)
    assert keys.paused_by(tmp_path, token, now=1000.0 + 29 * 86400) == "a.b"
    with pytest.raises(Misuse, match="older than 30 days"):
        keys.paused_by(tmp_path, token, now=1000.0 + 31 * 86400)
    for forged in (token.replace("a.b", "a.c"), token[:-1], token + "0", "", "w", "a.b.9999999999.", "é.1.é"):
        with pytest.raises(Misuse, match="not made here"):
            keys.paused_by(tmp_path, forged, now=1000.0)


@pytest.mark.parametrize(
    ("answer", "error"), [("451 later", TryLater), ("550 no such user", Reject), ("554 spam", Reject)]
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    post: Post, tmp_path: Path, answer: str, error: type[Exception]
) -> None:
    post.answer = answer
    with pytest.raises(error, match=answer):
        Channels(tmp_path).send("mailto:ani@warta.example", [alert()])


def test_a_wrong_password_and_an_unknown_certificate_are_told(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = Channels(tmp_path)
    assert channels.examine("mailto:ani@warta.example") == "127.0.0.1 takes mail from pantau@warta.example"
    monkeypatch.setenv("PANTAU_SMTP_PASSWORD", "wrong")
    with pytest.raises(TryLater, match="535"):
        channels.send("mailto:ani@warta.example", [alert()])
    with pytest.raises(Unavailable, match="correct PANTAU_SMTP"):
        channels.examine("mailto:ani@warta.example")
    monkeypatch.setenv("PANTAU_SMTP_PASSWORD_FILE", str(tmp_path / "nothing"))
    with pytest.raises(TryLater, match="PANTAU_SMTP_PASSWORD_FILE names"):
        channels.send("mailto:ani@warta.example", [alert()])
    monkeypatch.delenv("PANTAU_SMTP_PASSWORD_FILE")
    url = mail.os.environ["PANTAU_SMTP"].partition("&ca=")[0]
    monkeypatch.setenv("PANTAU_SMTP", url)
    with pytest.raises(TryLater, match="CERTIFICATE_VERIFY_FAILED"):
        channels.send("mailto:ani@warta.example", [alert()])
    assert post.mails == []


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "smtps://mail.example", "smtps://u:p@mail.example?from=a@b.example", "http://a?from=a@b.example",
     "smtp://mail.example?from=a@b.example&tls=maybe", "smtp://mail.example?from=a@b.example&x=1"],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_used_is_named_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PANTAU_SMTP", url)
    with pytest.raises(TryLater, match="PANTAU_SMTP"):
        Channels(tmp_path).send("mailto:ani@warta.example", [alert()])


# Articles that try to get something in


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


OURS = {"html", "head", "meta", "body", "h1", "h2", "ol", "li", "a", "blockquote", "strong", "p", "ins", "del", "dl",
        "dt", "dd", "hr"}  # fmt: skip


def test_an_article_puts_neither_headers_nor_markup_nor_links_into_a_mail(post: Post, tmp_path: Path) -> None:
    for alerts in ([hostile()], [hostile(), alert()]):
        Channels(tmp_path).send("mailto:ani@warta.example", alerts)
        found = post.mails.pop()
        assert "Bcc" not in found
        assert post.to.pop() == "ani@warta.example"
        assert "\n" not in str(found["Subject"])
        html, text = part(found, "html"), part(found, "plain")
        page = Page(html)
        assert {tag for tag, _ in page.tags} <= OURS
        links = {attributes.get("href", "") for tag, attributes in page.tags if tag == "a"}
        assert all(link.startswith(("#a", "https://warta.example/a")) for link in links if link)
        for body in (page.text, text):
            assert "evil.example" not in body, "a mail program would make it a link"
            assert "https://evil" not in body
            assert "\x1b" not in body
            assert "\u202e" not in body
            assert "@everyone" not in body


def test_a_chat_reads_no_markup_mention_or_link_out_of_an_article() -> None:
    told = telling.chat_text([hostile()])
    for sign in ("**", "_miring", "[klik]", "<", ">", "`", "@everyone", "@evil", "evil.example", "javascript://", "|"):
        assert sign not in told, sign
    assert "https://warta.example/a?b=1&c=2" in telling.chat_text([alert()])


def test_a_terminal_gets_no_control_sequence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Channels(tmp_path).send("terminal:", [hostile(), alert()])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "“Tiga kapal patroli siap,” kata Ratna." in out
    assert "[-Dua-] [+Tiga+]" in out


# Feeds

ATOM = "{http://www.w3.org/2005/Atom}"


def feeds(home: Path) -> tuple[ElementTree.Element, dict[str, Any]]:
    xml = ElementTree.parse(home / "feeds" / "w.xml").getroot()
    return xml, json.loads((home / "feeds" / "w.json").read_text(encoding="utf-8"))


def test_a_feed_holds_each_alert_once_the_newest_first_and_no_more_than_a_hundred(tmp_path: Path) -> None:
    for _ in range(2):
        channels = Channels(tmp_path)
        for number in range(102):
            one = alert(f"a{number:03}", raised_at=NOON + timedelta(minutes=number))
            channels.send("atom:", [one])
        channels.send("atom:", [alert("a100"), alert("a101")])
    xml, feed = feeds(tmp_path)
    ids = [entry.findtext(f"{ATOM}id") for entry in xml.findall(f"{ATOM}entry")]
    assert ids == [item["id"] for item in feed["items"]]
    assert (len(ids), len(set(ids)), ids[0]) == (100, 100, "urn:pantau:alert:a101")
    assert xml.findtext(f"{ATOM}title") == feed["title"] == "Perairan"


def test_a_feed_stays_xml_and_safe_whatever_an_article_says(tmp_path: Path) -> None:
    Channels(tmp_path).send("atom:", [hostile(), alert()])
    xml, feed = feeds(tmp_path)
    contents = [entry.findtext(f"{ATOM}content") or "" for entry in xml.findall(f"{ATOM}entry")]
    links = [link.get("href") for link in xml.iter(f"{ATOM}link")]
    assert links == ["https://warta.example/a?b=1&c=2"]
    assert all({tag for tag, _ in Page(content).tags} <= OURS for content in contents)
    assert [item.get("url") for item in feed["items"]] == ["https://warta.example/a?b=1&c=2", None]


def test_a_damaged_feed_is_begun_anew(tmp_path: Path) -> None:
    Channels(tmp_path).send("atom:", [alert("one")])
    (tmp_path / "feeds" / "w.json").write_text("{")
    Channels(tmp_path).send("atom:", [alert("two")])
    assert [item["id"] for item in feeds(tmp_path)[1]["items"]] == ["urn:pantau:alert:two"]


def test_a_sample_is_marked_and_no_program_takes_it_for_an_alert(tmp_path: Path) -> None:
    sample = msgspec.structs.replace(alert(), sample=True)
    channels = Channels(tmp_path)
    channels.send("feed:", [sample])
    channels.send("atom:", [sample])
    assert (tmp_path / "alerts.jsonl").read_bytes() == b""
    assert feeds(tmp_path)[1]["items"][0]["title"].startswith("SAMPLE: ")
    assert "nobody said this" in telling.digest_text([sample])
    assert "nobody said this" in telling.digest_html([sample])
    assert "nobody said this" in telling.chat_text([sample])


# Apprise


class Bridge(BaseHTTPRequestHandler):
    got: list[dict[str, Any]] = []
    answer = 200

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answer)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def bridge() -> Iterator[str]:
    Bridge.got, Bridge.answer = [], 200
    with HTTPServer(("127.0.0.1", 0), Bridge) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"apprise+json://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore")
def test_apprise_takes_alerts_and_is_kept_inside(bridge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = Channels(tmp_path)
    with pytest.raises(Reject, match="PANTAU_PRIVATE_HOSTS"):
        channels.send(bridge, [alert()])
    assert Bridge.got == []
    monkeypatch.setenv("PANTAU_PRIVATE_HOSTS", "127.0.0.1")
    channels.send(bridge, [alert(), hostile()])
    assert "Tiga kapal patroli siap" in Bridge.got[0]["message"]
    assert "<script>" not in Bridge.got[0]["message"]
    for Bridge.answer in (500, 302):
        with pytest.raises(TryLater, match="did not take the alert"):
            channels.send(bridge, [alert()])
    with pytest.raises(Reject, match="does not understand"):
        channels.send("apprise+slack://nonsense", [alert()])


@pytest.mark.filterwarnings("ignore")
def test_apprise_calls_the_address_that_was_checked(
    bridge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is asked for twice changes its mind."""
    asked: list[str] = []
    plain = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: Any, **options: Any) -> Any:
        if host != "bridge.example":
            return plain(host, port, *arguments, **options)
        asked.append(host)
        return plain("127.0.0.2" if len(asked) == 1 else "127.0.0.1", port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(addresses, "public", lambda address: address == "127.0.0.2")
    with pytest.raises(TryLater, match="did not take the alert"):
        Channels(tmp_path).send(bridge.replace("127.0.0.1", "bridge.example"), [alert()])
    assert (len(asked), Bridge.got) == (1, [])


def test_without_apprise_its_channels_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.delitem(sys.modules, "pipeline.adapters.channels.chat", raising=False)
    with pytest.raises(Reject, match=r"needs the package apprise: pip install 'pantau\[apprise\]'"):
        Channels(tmp_path).send("apprise+discord://a/b", [alert()])


def test_times_are_those_of_the_article() -> None:
    one = alert("one")
    makassar = timezone(timedelta(hours=8))
    carrier = msgspec.structs.replace(one.recorded.carrier, fetched_at=NOON.astimezone(makassar))
    there = msgspec.structs.replace(one, recorded=msgspec.structs.replace(one.recorded, carrier=carrier))
    assert dict(telling.facts(one))["first seen"] == "2030-05-01 12:00"
    assert dict(telling.facts(there))["first seen"] == "2030-05-01 20:00"
