"""The predicate of a watch and the index mean the same, whatever is asked."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters import open_port
from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.news.queries import matches, parse
from schemas.documents import ArticleDocument
from tests.indexed import DAY, Backend, article, fill, ids

WORD = st.sampled_from(["rapat", "Rapat", "rapatkan", "merapat", "run", "running", "Ünal", "京都"])
PROSE = st.lists(WORD, max_size=6).map(" ".join)
NAMES = st.lists(PROSE, max_size=3).map(tuple)
KEY = st.sampled_from(["id", "en", "x*", "X", ""])
MOMENT = st.integers(0, 900).map(lambda hours: DAY + timedelta(hours=hours))
ARTICLES = st.lists(
    st.builds(
        article, title=PROSE, text=PROSE, standfirst=st.none() | PROSE, language=KEY, section=st.none() | KEY,
        outlet=st.none() | PROSE, author=NAMES, entity=NAMES, published=st.none() | MOMENT,
        statements=st.integers(0, 3), quality=st.sampled_from([0.0, 0.5, 1.0]),
    ),
    max_size=6,
)  # fmt: skip
TERM = WORD | st.sampled_from(["rap*", "r?pat", "*bat*n", "京*", "run*", "*"])
PHRASE = st.builds(lambda words, gap: f'"{" ".join(words)}"{gap}', st.lists(WORD, min_size=1, max_size=3),
                   st.sampled_from(["", "~0", "~1", "~3"]))  # fmt: skip
SCOPE = st.sampled_from(["title", "text", "standfirst", "outlet", "author", "entity"])
LEAF = st.one_of(
    TERM,
    PHRASE,
    st.builds("{}:{}".format, SCOPE, TERM | PHRASE),
    st.builds("{}:{}".format, st.sampled_from(["language", "section"]),
              st.sampled_from(["id", "en", "X", "x\\*", "?", "*", "i*", '""', "[a TO j]", "{en TO id}"])),
    st.builds("_exists_:{}".format, st.sampled_from(["standfirst", "text", "section", "author", "published"])),
    st.builds("published:{}".format, st.sampled_from(["2022-01", "2022-02-01", "[2022-01-20 TO 2022-02}", ">2022"])),
    st.builds("statements:{}".format, st.sampled_from(["1", "[1 TO 2]", "{0 TO *]", "<=1"])),
    st.builds("quality:{}".format, st.sampled_from(["0.5", ">0.5", "[0 TO 0.5}"])),
)  # fmt: skip
QUERY = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds("NOT {}".format, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR", "", "-"]), inner),
        st.builds("({} OR {} OR NOT {})".format, inner, inner, inner),
    ),
    max_leaves=8,
)


def agree(index: Backend, documents: list[ArticleDocument], queries: list[str], example: str) -> None:
    """The index finds what the predicate holds of. An index that keeps other examples is asked about this one only."""
    numbered = [
        type(d)(**{f: getattr(d, f) for f in d.__struct_fields__} | {"id": f"{example}a{n}", "page": example})
        for n, d in enumerate(documents)
    ]
    fill(index, *numbered)
    for query in queries:
        expected = [document.id for document in numbered if matches(parse(query, "articles"), document)]
        asked = f"page:{example} AND ({query})"
        assert sorted(ids(index, asked, limit=100)) == expected, query
        assert sorted(ids(index, asked, limit=100, sort="newest")) == expected, query


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(documents=ARTICLES, queries=st.lists(QUERY, min_size=1, max_size=6))
def test_predicate_and_index_agree(documents: list[ArticleDocument], queries: list[str]) -> None:
    index = SqliteIndex(":memory:")
    agree(index, documents, queries, "x")
    index.close()


@pytest.mark.stack
def test_predicate_and_elasticsearch_agree(elasticsearch_index: str) -> None:
    index: Backend = open_port("index", elasticsearch_index)
    numbers = count()

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(documents=ARTICLES, queries=st.lists(QUERY, min_size=1, max_size=6))
    def agreed(documents: list[ArticleDocument], queries: list[str]) -> None:
        agree(index, documents, queries, f"x{next(numbers)}")

    agreed()
    index.close()
