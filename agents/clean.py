"""clean: pages -> articles."""

from pipeline.errors import Reject
from pipeline.flow import Agent, Drop, Emit
from pipeline.news import cleaning
from pipeline.news.cleaning import Uncleanable
from pipeline.ports import Pages
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, PAGES_FETCHED


def clean(page: PageFetched, *, pages: Pages) -> Emit | Drop:
    """Emit the article of a page; Reject what is none."""
    try:
        content = pages.get(page.page)
    except KeyError as error:
        detail = f"the page store has no page {page.page}: fetch or upload it again"
        raise Reject(Uncleanable.PAGE_MISSING, detail) from error
    return Emit(cleaning.clean(content, page))


CLEAN = Agent("clean", reads=(PAGES_FETCHED,), writes=(ARTICLES_CLEANED,), step=clean, reasons=Uncleanable, version=3)
