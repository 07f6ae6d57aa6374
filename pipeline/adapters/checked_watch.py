"""What a watch in watches.yaml may say, and what to write instead of what it may not."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from pipeline.adapters.located import Node, Place, closest
from pipeline.errors import BadQuery, Misuse
from pipeline.news import pace
from pipeline.news.officials import role_key
from schemas.catalog import Official, Watch

Check = Callable[[str], None]
"""Raises BadQuery when the text is no query."""

CHANNELS = {
    "feed": "feed:",
    "atom": "atom:",
    "terminal": "terminal:",
    "mailto": "mailto:you@example.org",
    "webhook+https": "webhook+https://example.org/hook",
    "webhook+http": "webhook+http://localhost:8000/hook",
    "apprise+slack": "apprise+slack://token/token/token",
    "apprise+workflows": "apprise+workflows://host/workflow/signature",
    "apprise+discord": "apprise+discord://id/token",
    "apprise+tgram": "apprise+tgram://token/chat",
    "apprise+ntfy": "apprise+ntfy://host/topic",
    "apprise+ntfys": "apprise+ntfys://host/topic",
    "apprise+json": "apprise+json://host/path",
    "apprise+jsons": "apprise+jsons://host/path",
}
"""The schemes that a channel may have, each with a sample."""

SPEAKERS = ("person", "organisation", "place", "role", "unknown", "group")
"""What may stand before the colon of a speaker id, or of a group of officials."""

_SLUG = re.compile(r"[a-z0-9]+(?:[-._][a-z0-9]+)*")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\\]+@[^@\s<>,;:\"()\\]+\.[^@\s<>,;:\"()\\.]+")
_NEAR = 0.85
"""Names that are as alike as this are taken for the same, with a mistake in one of them."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the fields of an entry stand."""

    nodes: dict[str, Node]
    place: Place

    def of(self, field: str, item: int | None = None) -> int:
        """The line of a field, or of one item of its list; that of the id when the field is left to its default."""
        node = self.nodes.get(field) or self.nodes["id"]
        return node.value[item].line if item is not None and isinstance(node.value, list) else node.line

    def fail(self, field: str, message: str) -> None:
        """Raise Misuse with the line of the field."""
        self.place.fail(self.of(field), message)


def examine(watch: Watch, lines: Lines, officials: Iterable[Official], check: Check | None) -> None:
    """Raise Misuse with file, line, field and cure for whatever a watch may not say."""
    known = tuple(officials)
    for number, who in enumerate(watch.who):
        _who(who, lines.of("who", number), known, lines.place)
    for number, channel in enumerate(watch.channels):
        _channel(channel, lines.of("channels", number), lines.place)
    _conditions(watch, lines)
    _times(watch, lines)
    if watch.about is not None and check is not None:
        _query(watch.about, lines, check)


def _conditions(watch: Watch, lines: Lines) -> None:
    if not 0 <= watch.confidence <= 1:
        lines.fail("confidence", f"'confidence' goes from 0 to 1, found {watch.confidence:g}: write 0.5")
    if not watch.kinds:
        lines.fail("kinds", "'kinds' is empty: write 'kinds: [direct, mixed, indirect]' or delete the line")
    if not watch.novelty:
        lines.fail("novelty", "'novelty' is empty: write 'novelty: [utterance, version]' or delete the line")
    if not 2 <= watch.outlets <= 1000:
        lines.fail("outlets", f"'outlets' goes from 2 to 1000, found {watch.outlets}: write 3")
    if "outlets" in lines.nodes and "carried" not in watch.novelty:
        lines.fail(
            "outlets", "'outlets' counts only for what is carried: add 'carried' to 'novelty' or delete the line"
        )


def _times(watch: Watch, lines: Lines) -> None:
    if not 1 <= watch.maximum <= 500:
        lines.fail("maximum", f"'maximum' goes from 1 to 500 alerts in a digest, found {watch.maximum}: write 50")
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("at", lambda: pace.clock_time(watch.at)),
        ("quiet", lambda: pace.hours(watch.quiet) if watch.quiet else None),
        ("zone", lambda: pace.zone(watch.zone)),
    )
    for field, parsed in checks:
        try:
            parsed()
        except Misuse as error:
            lines.fail(field, f"'{field}' cannot be used: {error}")


def _who(who: str, line: int, officials: tuple[Official, ...], place: Place) -> None:
    """An id-looking word must be an official, a group must have members; a speaker id must have a known kind; anything
    else is a name, and one that is nearly that of an official is taken for a mistake.
    """
    kind, colon, rest = who.partition(":")
    if not colon:
        _name(who, line, officials, place)
    elif kind not in SPEAKERS:
        place.fail(line, f"speaker id {who!r} begins with an unknown kind: {closest(kind, SPEAKERS)}")
    elif kind == "group":
        groups = {group for official in officials for group in official.groups}
        if rest.casefold() not in {group.casefold() for group in groups}:
            place.fail(line, f"no official is in the group {rest!r}: {closest(rest, groups)} (see 'groups' there)")
    elif kind == "role" and not _SLUG.fullmatch(rest):
        _role(rest, line, officials, place)


def _name(who: str, line: int, officials: tuple[Official, ...], place: Place) -> None:
    ids = {official.id for official in officials}
    if _SLUG.fullmatch(who):
        if who == "anyone":
            place.fail(line, "a watch without 'who' hears anyone: leave it out")
        if who not in ids:
            cure = closest(who, ids) if len(ids) < 20 or "did" in closest(who, ids) else "add it there"
            place.fail(line, f"officials.yaml has no official {who!r}: {cure} (a name is written 'Given Surname')")
        return
    names = {name.casefold(): name for official in officials for name in (official.name, *official.aliases)}
    near = get_close_matches(who.casefold(), names, n=1, cutoff=_NEAR)
    if near and who.casefold() not in names:
        slug = "-".join(re.findall(r"[^\W_]+", who.casefold()))
        place.fail(
            line, f"no official is called {who!r}: did you mean {names[near[0]]!r}? If not, write 'person:{slug}'"
        )


def _role(title: str, line: int, officials: tuple[Official, ...], place: Place) -> None:
    titles = {t.casefold(): t for official in officials for role in official.roles for t in (role.title, *role.aliases)}
    if role_key(title) in {role_key(known) for known in titles}:
        return
    near = get_close_matches(title.casefold(), titles, n=1, cutoff=_NEAR)
    if near and near[0] != title.casefold():
        place.fail(line, f"nobody in officials.yaml holds the office {title!r}: did you mean 'role:{titles[near[0]]}'?")


def _channel(channel: str, line: int, place: Place) -> None:
    if fault := channel_fault(channel):
        place.fail(line, fault)


def channel_fault(channel: str) -> str | None:
    """What is wrong with the URL of a channel and the cure; None when Pantau can send there."""
    scheme, colon, rest = channel.partition(":")
    if not colon or scheme not in CHANNELS:
        near = get_close_matches(scheme, CHANNELS, n=1)
        cure = f"did you mean {CHANNELS[near[0]]!r}?" if near else f"write one like {', '.join(map(repr, _few()))}"
        return f"channel {channel!r} is no URL that Pantau can send to: {cure}"
    if scheme.startswith("webhook+"):
        return _web_fault(channel.removeprefix("webhook+"), "channels", CHANNELS[scheme])
    if scheme == "mailto" and not _ADDRESS.fullmatch(rest):
        return f"channel {channel!r} holds no mail address: write one like {CHANNELS[scheme]!r}"
    if scheme.startswith("apprise+") and not rest.startswith("//"):
        return f"channel {scheme!r} needs an address: write one like {CHANNELS[scheme]!r}"
    return None


def _few() -> list[str]:
    """One sample of each kind."""
    kinds = {scheme.partition("+")[0]: sample for scheme, sample in reversed(CHANNELS.items())}
    return list(reversed(kinds.values()))


def web(url: str, line: int, place: Place, field: str, sample: str = "https://example.org/page") -> None:
    """Raise Misuse when this is no web address."""
    if fault := _web_fault(url, field, sample):
        place.fail(line, fault)


def _web_fault(url: str, field: str, sample: str) -> str | None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
        parts.port  # noqa: B018 - raises ValueError when it is no number
    except ValueError:
        good = False
    return None if good else f"{field!r} holds {url!r}, which is no web address: write one like {sample!r}"


def _query(about: str, lines: Lines, check: Check) -> None:
    try:
        check(about)
    except BadQuery as error:
        at = "" if error.position is None else f" (at character {error.position + 1} of {about!r})"
        lines.fail("about", f"'about' is no query: {error}{at}")
