"""One pass over HTML source: its visible words with their places, what its head states, and how deep it is nested.

This is no parser: the tree is trafilatura's business. It only needs to find text where browsers find text, in linear
time on any input, because offsets into the source are lost once a tree is built.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

DEPTH_MAX = 512
"""Open elements at once. libxml2 stops reading at 256; sloppy pages that never close their spans may have more here."""

ELEMENTS_MAX = 50_000
"""Elements of a page. News pages have some thousands; trees of 50,000 take ten seconds to extract from."""


@dataclass
class Markup:
    """What the source of a page says.

    words     (place in the page, word, whether it stands there literally): `pipeline.news.mapping.Source`
    metas     content of meta elements by property, name or itemprop, the first of each, lower-case names
    links     the text of each link, without white space
    times     datetime attributes of time elements, in order; `dated` those that are marked as the publication
    json_ld   the text of each JSON-LD script
    language  the lang attribute of html
    depth     the greatest number of elements open at once
    elements  how many there are
    """

    words: list[tuple[int, str, bool]] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    times: list[str] = field(default_factory=list)
    dated: list[str] = field(default_factory=list)
    json_ld: list[str] = field(default_factory=list)
    language: str | None = None
    depth: int = 0
    elements: int = 0


def _unseen() -> str:
    """Ranges of what cannot be seen in the first plane: white space and what is not printable (private, unassigned)."""
    signs = map(chr, range(0x10000))
    runs = (list(run) for gone, run in groupby(signs, lambda sign: not sign.isprintable() or sign.isspace()) if gone)
    return "".join(f"{re.escape(run[0])}-{re.escape(run[-1])}" for run in runs)


VISIBLE = re.compile(f"[^{_unseen()}\U00040000-\U000e00ff\U000e01f0-\U0010ffff]+")
"""Words; signs that cannot be seen part them, because extractors drop those. The first plane is looked up in a table;
each range of the others is tried for every sign, so the unassigned ones among letters and emoji are left out.
"""
_MARK = re.compile("<(?=[A-Za-z/!?])")
_TAG = re.compile(r"""</?([A-Za-z][^\s/>]{0,60})((?:[^>"']++|"[^"]*"|'[^']*')*+)>""")
_LOOSE_TAG = re.compile(r"</?([A-Za-z][^\s/>]{0,60})([^>]*)>")
_ATTRIBUTE = re.compile(r"""([A-Za-z:_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_RAW = frozenset(("script", "style", "template", "iframe", "textarea", "xmp", "noembed", "noframes"))
_VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track"),
        *("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup"),
        *("html", "head", "body", "wbr"),
    )
)
"""Elements that nest nothing: void ones, and those that the next of their kind closes."""


def scan(page: str) -> Markup:
    """Read the source once."""
    reader = _Reader(page)
    reader.run()
    return reader.markup


class _Reader:
    def __init__(self, page: str) -> None:
        self.page = page
        self.markup = Markup()
        self.open: Counter[str] = Counter()
        self.depth = 0
        self.strict = True
        self.link: int | None = None

    def run(self) -> None:
        at, end = 0, len(self.page)
        while at < end:
            less = _MARK.search(self.page, at)
            start = less.start() if less else end
            if start > at:
                self._text(at, start)
            at = self._markup(start) if less else end

    def _markup(self, at: int) -> int:
        """Handle the markup that begins at this place; returns where it ends."""
        if self.page.startswith("<!--", at):
            return self._behind("-->", at + 4)
        match = self._tag(at) if self.page[at + 1] not in "!?" else None
        return self._element(match) if match else self._behind(">", at + 1)

    def _behind(self, mark: str, at: int) -> int:
        found = self.page.find(mark, at)
        return len(self.page) if found < 0 else found + len(mark)

    def _tag(self, at: int) -> re.Match[str] | None:
        """The tag at this place.

        Once a quotation mark is never closed, quotes are not respected any more: looking for the end of each again
        would take quadratic time.
        """
        if self.strict:
            match = _TAG.match(self.page, at)
            if match and len(match[0]) < 100_000:
                return match
            self.strict = match is not None
        return _LOOSE_TAG.match(self.page, at)

    def _element(self, match: re.Match[str]) -> int:
        name, attributes = match[1].lower(), match[2]
        if self.page[match.start() + 1] == "/":
            self._close(name)
            return match.end()
        self.markup.elements += 1
        if name == "a":
            self.link = len(self.markup.words)
        if name in _RAW:
            return self._raw(name, attributes, match.end())
        if name in ("meta", "time", "html"):
            self._state(name, _attributes(attributes))
        if name not in _VOID and not attributes.endswith("/"):
            self.open[name] += 1
            self.depth += 1
            self.markup.depth = max(self.markup.depth, self.depth)
        return match.end()

    def _close(self, name: str) -> None:
        if name == "a" and self.link is not None:
            self.markup.links.add("".join(word for _, word, _ in self.markup.words[self.link :]))
            self.link = None
        if self.open[name] > 0:
            self.open[name] -= 1
            self.depth -= 1

    def _raw(self, name: str, attributes: str, start: int) -> int:
        """Skip an element whose content is no markup; JSON-LD is kept."""
        end = re.compile(rf"</{name}", re.IGNORECASE).search(self.page, start)
        stop = end.start() if end else len(self.page)
        if name == "script" and "ld+json" in attributes:
            self.markup.json_ld.append(self.page[start:stop])
        return self._behind(">", stop) if end else stop

    def _state(self, name: str, attributes: dict[str, str]) -> None:
        markup = self.markup
        if name == "html":
            markup.language = markup.language or attributes.get("lang") or attributes.get("xml:lang")
        elif name == "time":
            markup.times += [attributes["datetime"]] if "datetime" in attributes else []
        key = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        value = attributes.get("content") or attributes.get("datetime")
        if key and value:
            markup.metas.setdefault(key.lower(), html.unescape(value).strip())
        if attributes.get("itemprop", "").lower() == "datepublished" and value:
            markup.dated.append(value)

    def _text(self, start: int, end: int) -> None:
        at = start
        if self.page.find("&", start, end) >= 0:
            for match in _REFERENCE.finditer(self.page, start, end):
                self._words(at, match.start())
                self._reference(match)
                at = match.end()
        self._words(at, end)

    def _words(self, start: int, end: int) -> None:
        self.markup.words += [(m.start(), m[0], True) for m in VISIBLE.finditer(self.page, start, end)]

    def _reference(self, match: re.Match[str]) -> None:
        for word in VISIBLE.findall(html.unescape(match[0])):
            self.markup.words.append((match.start(), word, False))


def _attributes(text: str) -> dict[str, str]:
    """Attributes by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text[:5000]):
        found.setdefault(name.lower(), double or single or bare)
    return found
