"""The one query language: parsed here, a predicate here, compiled by each search backend."""

from pipeline.news.queries.highlight import highlight
from pipeline.news.queries.parse import parse, quote
from pipeline.news.queries.predicate import matches
from pipeline.news.queries.tree import Query

__all__ = ["Query", "highlight", "matches", "parse", "quote"]
