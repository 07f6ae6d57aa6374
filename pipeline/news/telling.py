"""Alerts in words: as text, as HTML, for a chat. What comes from articles is made inert first.

Whoever writes an article writes into these messages. So nothing of it may become a header, a link, markup, a mention or
a control sequence: signs that do not print go, white space becomes one blank, and what programs turn into links by
themselves (a.example, @name, https://) gets an invisible break (U+200B) where it would begin.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from schemas.alert import AlertRaised, Notice, Piece, Proof

_LINKS = re.compile(r"(?<=\w)\.(?=[^\W\d_])|@(?=\w)|:(?=//)")
_CHAT = str.maketrans(
    {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "|": "∣", "[": "［", "]": "］", "<": "‹", ">": "›", "#": "＃", "\\": "＼"}
)
"""Signs that mean something to Slack, Discord, Telegram or Markdown, and others that look like them and do not."""
SUBJECT = 120
"""Letters of a subject."""
_REASONS = {
    "new-utterance": "new",
    "new-version": "new version",
    "widely-carried": "widely carried",
    "first-on-topic": "first on this topic",
}


def inert(text: str) -> str:
    """Text of others on one line, in which nothing is active."""
    printed = "".join(c if c.isprintable() and c != "\u200b" else " " for c in text)
    return _LINKS.sub(lambda found: found[0] + "\u200b", " ".join(printed.split()))


def chat(text: str) -> str:
    """The same for programs that read Markdown or something like it."""
    return inert(text).translate(_CHAT)


def web_address(url: str | None) -> str | None:
    """A URL that may be made a link: http or https, with a host and without white space, quotes or angle brackets."""
    if not url or re.search(r"[\s\"'<>\\^`{|}]", url) or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None
    except ValueError:
        return None


def reason(alert: AlertRaised) -> str:
    """Why it is news, in two words."""
    return ("sample: " if alert.sample else "") + _REASONS.get(alert.reason, alert.reason)


def speaker(alert: AlertRaised) -> str:
    """Who speaks, as the article or the catalog calls him."""
    said = alert.heard.statement
    return inert(said.speaker or said.mention or "unknown speaker")


def proof_of(alert: AlertRaised) -> Proof:
    """The proof of an alert; of an older one that has none, its words."""
    return alert.proof or Proof(quote=alert.heard.statement.text)


def subject(alerts: Sequence[AlertRaised]) -> str:
    """One line for one alert, or for a digest."""
    first = alerts[0]
    if len(alerts) > 1:
        return _cut(f"{inert(first.watch)}: {len(alerts)} alerts")
    if first.notice:
        return _cut(inert(first.notice.title))
    return _cut(f"{speaker(first)} ({reason(first)}): {inert(first.heard.statement.text)}")


def first_seen(alert: AlertRaised) -> datetime:
    """When the utterance was first seen, in the time zone of the article that the alert shows."""
    recorded = alert.heard
    return recorded.utterance.first_seen.astimezone(recorded.carrier.seen_at.tzinfo)


def facts(alert: AlertRaised) -> list[tuple[str, str]]:
    """What is known of a statement besides its words, with the name of each."""
    recorded = alert.heard
    said, carrier, heard = recorded.statement, recorded.carrier, recorded.utterance
    others = [outlet for outlet in heard.outlets if outlet != carrier.outlet]
    found = [
        ("speaker", f"{speaker(alert)}, by {inert(' > '.join(said.reasons)) or 'no chain'}"),
        ("confidence", f"{said.confidence:.2f}, {said.kind}, cue {inert(said.cue or '-')}"),
        (
            "article",
            f"{inert(carrier.title)} ({inert(carrier.outlet or 'no outlet')}, {carrier.seen_at:%Y-%m-%d %H:%M})",
        ),
        ("stored copy", proof_of(alert).stored or carrier.page),
        ("first seen", f"{first_seen(alert):%Y-%m-%d %H:%M}"),
        ("also carried by", inert(", ".join(others))),
        ("why", inert(alert.why)),
        ("watch", inert(f"{alert.watch} ({alert.watch_id})")),
    ]
    return [(name, value) for name, value in found if value]


def changes(pieces: Sequence[Piece]) -> str:
    """A comparison on one line: [+added+] and [-removed-], as wdiff writes it; empty when nothing differs."""
    marks = {"same": "{}", "added": "[+{}+]", "removed": "[-{}-]"}
    changed = any(piece.kind != "same" for piece in pieces)
    return " ".join(marks[piece.kind].format(inert(piece.text)) for piece in pieces) if changed else ""


def text(alert: AlertRaised) -> str:
    """One alert as plain text."""
    if alert.notice:
        return "\n".join([*_noticed(alert.notice), *filter(None, [web_address(alert.notice.url)])]) + "\n"
    proof = proof_of(alert)
    around = " ".join(filter(None, (inert(proof.before), inert(proof.quote), inert(proof.after))))
    lines = [f"{speaker(alert)} - {reason(alert)}", "", around, ""]
    if differs := changes(proof.changes):
        lines += [f"against the closest earlier wording: {differs}", ""]
    lines += [f"{name}: {value}" for name, value in facts(alert)]
    lines += [f"page: {url}"] if (url := web_address(alert.heard.carrier.url)) else []
    return "\n".join(lines) + "\n"


def digest_text(alerts: Sequence[AlertRaised], pause: str | None = None) -> str:
    """One alert or a digest with its table of contents as plain text."""
    parts = [_sample(alerts)] if alerts[0].sample else []
    if len(alerts) > 1:
        contents = [f"{number}. {subject([alert])}" for number, alert in enumerate(alerts, 1)]
        parts.append("\n".join([f"{inert(alerts[0].watch)}: {len(alerts)} alerts", "", *contents]) + "\n")
    for number, alert in enumerate(alerts, 1):
        parts.append((f"{number}. " if len(alerts) > 1 else "") + text(alert))
    if pause:
        parts.append(f"Pause this watch: {pause}\n")
    return "\n----\n\n".join(parts)


def digest_html(alerts: Sequence[AlertRaised], pause: str | None = None) -> str:
    """The same as HTML of its own: no script, no image, no style from elsewhere."""
    parts = [f"<p><strong>{escape(_sample(alerts))}</strong></p>"] if alerts[0].sample else []
    if len(alerts) > 1:
        rows = (f'<li><a href="#a{n}">{escape(subject([alert]))}</a></li>' for n, alert in enumerate(alerts, 1))
        parts.append(f"<h1>{escape(inert(alerts[0].watch))}: {len(alerts)} alerts</h1><ol>{''.join(rows)}</ol>")
    parts += [html(alert, f"a{number}") for number, alert in enumerate(alerts, 1)]
    if pause and web_address(pause):
        parts.append(f'<p><a href="{escape(pause)}">Pause this watch</a></p>')
    body = "<hr>".join(parts)
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{body}</body></html>'


def html(alert: AlertRaised, anchor: str = "") -> str:
    """One alert as a piece of HTML."""
    if alert.notice:
        return _notice_html(alert.notice, anchor)
    proof, url = proof_of(alert), web_address(alert.heard.carrier.url)
    before, said, after = (escape(inert(part)) for part in (proof.before, proof.quote, proof.after))
    quote = f"{before} <strong>{said}</strong> {after}".strip()
    tags = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
    pieces = " ".join(tags[piece.kind].format(escape(inert(piece.text))) for piece in proof.changes)
    differs = f"<p>against the closest earlier wording: {pieces}</p>" if changes(proof.changes) else ""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts(alert))
    link = f'<p><a href="{escape(url)}" rel="noreferrer">the page</a></p>' if url else ""
    head = f'<h2 id="{escape(anchor)}">{escape(speaker(alert))} &ndash; {escape(reason(alert))}</h2>'
    return f"{head}<blockquote>{quote}</blockquote>{differs}<dl>{rows}</dl>{link}"


def chat_text(alerts: Sequence[AlertRaised]) -> str:
    """One alert or a short digest for a chat: the words, what is new, why, and the link."""
    parts = [_sample(alerts)] if alerts[0].sample else []
    for alert in alerts:
        if alert.notice:
            lines = [*map(chat, _noticed(alert.notice)), *filter(None, [web_address(alert.notice.url)])]
            parts.append("\n".join(lines))
            continue
        said, proof = alert.heard, proof_of(alert)
        lines = [f"{chat(speaker(alert))} - {reason(alert)}", chat(proof.quote)]
        added = " … ".join(piece.text for piece in proof.changes if piece.kind == "added")
        lines += [f"new words: {chat(added)}"] if added and said.utterance.added else []
        lines += [f"{chat(said.carrier.outlet or '')} {chat(said.carrier.title)}".strip(), chat(alert.why)]
        lines += [url] if (url := web_address(said.carrier.url)) else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _noticed(notice: Notice) -> list[str]:
    return [inert(line) for line in (notice.title, *notice.lines)]


def _notice_html(notice: Notice, anchor: str) -> str:
    head, *lines = (escape(line) for line in _noticed(notice))
    url = web_address(notice.url)
    link = f'<p><a href="{escape(url)}" rel="noreferrer">its address</a></p>' if url else ""
    return f'<h2 id="{escape(anchor)}">{head}</h2><p>{"<br>".join(lines)}</p>{link}'


def _sample(alerts: Sequence[AlertRaised]) -> str:
    return f"This is a sample from `pantau watch test {alerts[0].watch_id}`: nobody said this."


def _cut(line: str) -> str:
    return line if len(line) <= SUBJECT else line[: SUBJECT - 1].rstrip() + "…"
