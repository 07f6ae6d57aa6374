"""From the bytes of a page to an article: what is kept, what is left out and why, and where everything stands."""

from pipeline.errors import Reject
from pipeline.news.bylines import dateline_of
from pipeline.news.dates import parse_date, plausible
from pipeline.news.draft import Draft, Published
from pipeline.news.language import language_of
from pipeline.news.lines import count_words
from pipeline.news.pages import BYTES_MAX, PDF_BYTES_MAX, Uncleanable, looks_binary, page_text
from pipeline.news.pagesigns import cut_off, locked, refusal
from pipeline.news.textcopy import clean_text
from pipeline.news.tongues import tongues
from pipeline.news.urls import outlet
from pipeline.news.webpage import clean_page
from schemas.article import Article
from schemas.page import PageFetched

__all__ = ["Uncleanable", "clean"]

_HTML = frozenset(("text/html", "application/xhtml+xml"))
_PLAIN = frozenset(("text/plain", "application/pdf"))
_BODY_WORDS_MIN = 10
"""Less is a caption, an error message or a list of links."""
_TEASER_WORDS_MIN = 30
"""Less of a locked article is its standfirst at most; the shortest teasers of real ones have twice as much."""


def clean(content: bytes, page: PageFetched) -> Article:
    """The article in a page. What the sender says (`page.hints`) beats what the page says.

    Raises Reject with a member of Uncleanable. Depends on nothing but its arguments.
    """
    media_type = page.media_type.split(";")[0].strip().lower()
    text = _checked_text(content, media_type, page)
    html = media_type in _HTML
    draft = clean_page(text, page.url, page.fetched_at) if html else clean_text(text, page.fetched_at)
    _check_kind(draft)
    if count_words(draft.text) < _BODY_WORDS_MIN:
        raise Reject(Uncleanable.NO_ARTICLE, "no paragraph is left after cleaning: is this a list of links or a login?")
    return _article(draft, page)


def _checked_text(content: bytes, media_type: str, page: PageFetched) -> str:
    if media_type not in _HTML | _PLAIN:
        detail = f"{media_type or 'no media type'} cannot be cleaned: HTML, plain text and PDF can"
        raise Reject(Uncleanable.NOT_TEXT, detail)
    limit = PDF_BYTES_MAX if media_type == "application/pdf" else BYTES_MAX
    if len(content) > limit:
        detail = f"{len(content):,} bytes are more than the {limit:,} that an article can have"
        raise Reject(Uncleanable.TOO_LARGE, detail)
    text = page_text(content, media_type, page.charset)
    if not text.strip():
        if media_type == "application/pdf":
            raise Reject(Uncleanable.UNREADABLE_PDF, "there is no text in the PDF: pictures of text are not read")
        raise Reject(Uncleanable.EMPTY, "the page is empty: fetch or upload it again")
    if looks_binary(text):
        raise Reject(Uncleanable.NOT_TEXT, f"the bytes are no {media_type}: is this another kind of file?")
    return text


_REFUSED = {
    Uncleanable.ERROR_PAGE: "the page says that there is no such article, or its server fails: fetch it again",
    Uncleanable.BOT_CHECK: "the page asks whether a human wants it: fetch it more slowly, or upload what you see of it",
    Uncleanable.DENIED: "the server refuses this page to Pantau: ask its owner, or upload what you see of it",
    Uncleanable.CONSENT: "the page asks for consent first: upload what you see after you answered it",
    Uncleanable.LOGIN: "the page asks for a password first: upload what you see of it after you logged in",
    Uncleanable.PAYWALL: "the page shows nothing but that one has to subscribe: upload what subscribers see of it",
}


def _check_kind(draft: Draft) -> None:
    reason = refusal(draft.title, draft.text, draft.beginning) or draft.wall or _unpaid(draft)
    if reason:
        raise Reject(reason, _REFUSED[reason])


def _unpaid(draft: Draft) -> Uncleanable | None:
    """PAYWALL when there is hardly more than the demand to subscribe. A teaser that says something is an article."""
    little = count_words(draft.text) < _TEASER_WORDS_MIN
    return Uncleanable.PAYWALL if little and _paywall(draft) else None


def _paywall(draft: Draft) -> str | None:
    """Where it is said that not all may read it: "json-ld", "meta" or "text"."""
    return draft.locked or ("text" if locked(draft.text, draft.behind) else None)


def _article(draft: Draft, page: PageFetched) -> Article:
    hints = page.hints
    title, maps = draft.title, draft.maps
    if hints.title and hints.title.strip():
        title = " ".join(hints.title.split())
        maps = maps if title == draft.title else {part: runs for part, runs in maps.items() if part != "title"}
    published = _published(draft, page)
    language = language_of(draft.text, hint=hints.language, page=draft.language)
    return Article(
        article_id=page.article_id,
        revision=page.revision,
        page=page.page,
        media_type=page.media_type,
        source=page.source,
        charset=page.charset,
        fetched_at=page.fetched_at,
        title=title,
        text=draft.text,
        language=language,
        extractor=draft.extractor,
        url=page.url,
        outlet=hints.outlet or (outlet(page.url) if page.url else None),
        standfirst=draft.standfirst,
        authors=hints.authors or draft.authors,
        editor=draft.editor,
        dateline=dateline_of(draft.text),
        section=draft.section,
        image=draft.image,
        captions=draft.captions,
        published=published.when if published else None,
        published_precision=published.precision if published else None,
        published_source=published.source if published else None,
        confidence=published.confidence if published else 0.0,
        modified=draft.modified,
        quality=draft.quality,
        paywall=_paywall(draft),
        truncated=cut_off(draft.text, draft.behind),
        languages=tongues(draft.text, language),
        maps=maps,
        removed=draft.removed,
        same_as=page.same_as,
    )


def _published(draft: Draft, page: PageFetched) -> Published | None:
    hint = plausible(parse_date(page.hints.published or ""), page.fetched_at)
    return Published(hint.when, hint.precision, "upload", 1.0) if hint else draft.published
