"""What every search backend must do: `pipeline.ports.Index` and `pipeline.ports.Search`."""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from pipeline.errors import BadQuery, Misuse
from pipeline.news.queries import matches, parse, quote
from schemas.documents import ArticleDocument
from tests.indexed import DAY, Backend, alert, article, fill, ids, statement

# Writing


def test_a_document_comes_back_as_it_was_put(backend: Backend) -> None:
    for family, document in (
        ("articles", article(author=("Dewi A.", 'Anton "Toni" B.'), text="satu\ndua <b>tiga</b> '; DROP TABLE x; --")),
        ("statements", statement(reasons=("role", "name"), published=None)),
        ("alerts", alert()),
    ):
        backend.put(family, document)
        backend.flush()
        assert backend.get(family, document.id) == document
        assert backend.get(family, "other") is None
        assert backend.count(family) == 1
        assert [hit.document for hit in backend.search(family, "").hits] == [document]


def test_documents_are_written_with_all_their_fields() -> None:
    for document in (article(), statement(), alert()):
        written = json.loads(msgspec.json.encode(document))
        assert list(written) == list(document.__struct_fields__), "a server finds no default that it was not given"


def test_a_higher_revision_stays_and_an_equal_or_lower_one_is_replaced(backend: Backend) -> None:
    assert backend.revision("articles", "a1") == 0
    fill(backend, article(revision=2, text="alfa"), article(revision=1, text="bravo"))
    assert backend.revision("articles", "a1") == 2
    assert ids(backend, "alfa") == ["a1"]
    assert ids(backend, "bravo") == []
    fill(backend, article(revision=2, text="charlie"))
    assert ids(backend, "charlie") == ["a1"]
    fill(backend, article(revision=3, text="delta"))
    assert (backend.revision("articles", "a1"), backend.count("articles")) == (3, 1)


def test_nothing_of_a_replaced_document_is_found(backend: Backend) -> None:
    old = article(text="Menteri membicarakan jembatan", title="Jembatan", entity=("Lembah Hijau",), outlet="Warta")
    fill(backend, old, article("a2", title="lain", text="lain", outlet=None))
    fill(backend, article(revision=2, text="Sekolah dibangun", title="Sekolah", language="en"))
    for query in (
        "jembatan",
        "bicara",
        "jem*",
        "j?mbatan",
        'entity:"lembah hijau"',
        "outlet:warta",
        '"menteri bicara"',
    ):
        assert ids(backend, query) == [], query
    assert ids(backend, "sekolah") == ["a1"]
    assert backend.facets("articles", "", ["entity"]) == {"entity": []}


def test_retract_deletes_what_is_not_kept_of_one_article(backend: Backend) -> None:
    for id, of in (("s1", "a1"), ("s2", "a1"), ("s3", "a1"), ("s4", "a2")):
        backend.put("statements", statement(id, article=of, text=f"kalimat {id}"))
    backend.put("statements", statement("s5", article="a1", revision=2, text="kalimat s5"))
    assert backend.retract("a1", ["s2", "s9"], 1) == 2
    assert backend.retract("a1", ["s2"], 1) == 0
    backend.flush()
    assert sorted(ids(backend, "kalimat", "statements")) == ["s2", "s4", "s5"]
    assert ids(backend, "s1", "statements") == []
    assert backend.count("statements") == 3


def test_retract_leaves_what_is_withdrawn(backend: Backend) -> None:
    for id in ("s1", "s2", "s3"):
        backend.put("statements", statement(id))
    backend.put("statements", statement("s1", revision=2, withdrawn=DAY))
    assert backend.retract("a1", ["s2"], 2) == 1
    backend.flush()
    assert backend.retract("a1", ["s2"], 2) == 0
    assert sorted(ids(backend, "", "statements")) == ["s1", "s2"]
    assert ids(backend, "_exists_:withdrawn", "statements") == ["s1"]
    assert ids(backend, "withdrawn:[2022-01 TO 2022-02]", "statements") == ["s1"]
    backend.put("statements", statement("s2", revision=3, withdrawn=DAY))
    backend.flush()
    backend.put("statements", statement("s1", revision=4))
    assert backend.retract("a1", [], 4) == 1
    backend.flush()
    assert ids(backend, "", "statements") == ["s2"]


def test_when_where_and_how_something_was_said_can_be_asked(backend: Backend) -> None:
    told = {"said_on": date(2022, 1, 31), "place": "Jakarta Pusat", "occasion": "konferensi pers"}
    documents = (
        statement("s1", negated=True, **told),
        statement("s2", conditional=True, said_on=date(2022, 2, 1), place="Lomara"),
        statement("s3"),
    )
    for document in documents:
        backend.put("statements", document)
    backend.flush()
    for query, expected in {
        "negated:true": ["s1"],
        "negated:false": ["s2", "s3"],
        "conditional:TRUE OR negated:true": ["s1", "s2"],
        "NOT negated:true NOT conditional:true": ["s3"],
        "_exists_:negated": ["s1", "s2", "s3"],
        "said_on:2022-01-31": ["s1"],
        "said_on:2022-02": ["s2"],
        "said_on:[2022-01-01 TO 2022-02]": ["s1", "s2"],
        "said_on:[2022-01-01 TO 2022-02-01}": ["s1"],
        "said_on:>=2022-02-01": ["s2"],
        "said_on:>2022-01-31": ["s2"],
        "NOT _exists_:said_on": ["s3"],
        "place:Jakarta": ["s1"],
        'place:"jakarta pusat"': ["s1"],
        "place:lom*": ["s2"],
        "occasion:pers": ["s1"],
        "_exists_:place": ["s1", "s2"],
    }.items():
        assert sorted(ids(backend, query, "statements")) == expected, query
        asked = parse(query, "statements")
        assert [document.id for document in documents if matches(asked, document)] == expected, query
    assert backend.get("statements", "s1") == documents[0]
    assert backend.facets("statements", "", ["place"]) == {"place": [("Jakarta Pusat", 1), ("Lomara", 1)]}


@pytest.mark.parametrize("expected", [(), ("a1", "a2"), ("a1", "a2", "a9")])
def test_what_is_expected_changes_no_answer(backend: Backend, expected: tuple[str, ...]) -> None:
    fill(backend, article("a1", revision=2), article("a2"))
    for id, of in (("s1", "a1"), ("s2", "a1"), ("s3", "a2")):
        backend.put("statements", statement(id, article=of, revision=2))
    backend.flush()
    backend.expect(expected)
    assert [backend.revision("articles", id) for id in ("a1", "a2", "a9")] == [2, 1, 0]
    backend.put("articles", article("a1", revision=3, fetched=DAY + timedelta(days=60)))
    backend.put("articles", article("a9"))
    backend.put("statements", statement("s4", article="a9"))
    assert backend.retract("a1", ["s2"], 3) == 1
    assert backend.revision("articles", "a1") == 3
    backend.flush()
    backend.expect(expected)
    assert [backend.revision("articles", id) for id in ("a1", "a2", "a9")] == [3, 1, 1]
    backend.put("statements", statement("s1", article="a1", revision=3))
    backend.flush()
    assert sorted(ids(backend, "", "statements")) == ["s1", "s2", "s3", "s4"]
    assert sorted(ids(backend, "", "articles")) == ["a1", "a2", "a9"]


# The language


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a1", "a2", "a3"]),
        ("*", ["a1", "a2", "a3"]),
        ("jembatan", ["a1", "a2"]),
        ("JEMBATAN", ["a1", "a2"]),
        ("jembatan sungai", ["a1"]),
        ("jembatan AND NOT sungai", ["a2"]),
        ("jembatan -sungai", ["a2"]),
        ("+jembatan +sungai", ["a1"]),
        ("sungai OR sekolah", ["a1", "a3"]),
        ("jembatan sungai OR layang", ["a1", "a2"]),
        ("jembatan AND sungai OR sekolah", ["a1", "a3"]),
        ("NOT jembatan", ["a3"]),
        ("NOT (sungai OR sekolah)", ["a2"]),
        ('"jembatan layang"', ["a2"]),
        ('"layang jembatan"', []),
        ('"jembatan baru"~0', []),
        ('"jembatan baru"~1', ["a2"]),
        ('"baru jembatan"~1', ["a2"]),
        ('"baru jembatan itu"~0', ["a2"]),
        ("jemb*", ["a1", "a2"]),
        ("j?mbatan", ["a1", "a2"]),
        ("*batan", ["a1", "a2"]),
        ("se*ah", ["a3"]),
        ("q*x*z", []),
        ("q*x*z OR sekolah", ["a3"]),
        ("jembatan NOT q*x*z", ["a1", "a2"]),
        ("title:jembatan", ["a2"]),
        ("title:(jembatan OR guru)", ["a2", "a3"]),
        ("speaker:widuri", ["a1"]),
        ('speaker:"ratna widuri"', ["a1"]),
        ('speaker:"widuri ratna"', []),
        ('entity:"hijau ratna"', []),
        ('entity:"hijau ratna"~1', ["a1"]),
        ("entity:lembah", ["a1"]),
        ("kemal", ["a3"]),
        ("language:id", ["a1", "a2"]),
        ("language:ID", []),
        ("language:(id OR en)", ["a1", "a2", "a3"]),
        ("NOT of:a1", ["a1", "a3"]),
        ("url:*bantara.example*", ["a1", "a2"]),
        ('url:"https://bantara.example/a1"', ["a1"]),
        ("url:https\\://bantara.example\\/a?", ["a1", "a2"]),
        ("_exists_:url", ["a1", "a2"]),
        ("NOT _exists_:standfirst", ["a1", "a3"]),
        ("_exists_:speaker", ["a1", "a3"]),
        ("speaker:*", ["a1", "a3"]),
        ("published:2022", ["a1", "a2"]),
        ("published:2022-01", ["a1"]),
        ("published:[2022-01-17 TO 2022-02-01}", ["a1"]),
        ("published:[2022-01-17 TO 2022-02-01]", ["a1", "a2"]),
        ("published:{2022-01-17 TO *]", ["a2", "a3"]),
        ("published:>=2022-02-01", ["a2", "a3"]),
        ("published:<2022-01-17T10:00Z", []),
        ('published:"2022-01-17T17:00+07:00"', ["a1"]),
        ("published:[now-7d TO now]", []),
        ("month:[2022-02 TO *]", ["a2", "a3"]),
        ("statements:3", ["a1"]),
        ("statements:[0 TO 3}", ["a2", "a3"]),
        ("quality:>0.5", ["a1", "a3"]),
        ("quality:-1", []),
        ("jembatan^5 sungai", ["a1"]),
        ("language:id jembatan NOT statements:0", ["a1"]),
        ("statements:3 OR sekolah OR layang", ["a1", "a2", "a3"]),
    ],
)
def test_the_query_language(backend: Backend, query: str, expected: list[str]) -> None:
    fill(
        backend,
        article("a1", text="Jembatan di atas sungai.", speaker=("Ratna Widuri",), statements=3,
                entity=("Lembah Hijau", "Ratna Widuri")),
        article("a2", title="Jembatan layang", text="Jembatan itu baru, layak.", month="2022-02",
                published=datetime(2022, 2, 1, tzinfo=UTC), standfirst="Ringkas", quality=0.5, of="a1", copy="derived"),
        article("a3", title="Guru", text="Sekolah dibuka.", language="en", published=datetime(2023, 5, 1, tzinfo=UTC),
                month="2023-05", url=None, speaker=("Kemal Idris", "")),
    )  # fmt: skip
    assert sorted(ids(backend, query)) == expected
    assert sorted(document.id for document in backend.export("articles", query)) == expected


def test_forms_of_a_word_are_found_after_the_word_itself(backend: Backend) -> None:
    fill(
        backend,
        article("stem", title="Para menteri membicarakan", text="x", published=DAY + timedelta(days=9)),
        article("word", title="x", text="mereka bicara"),
        article("title", title="bicara", text="x"),
        article("english", title="x", text="bicarakan", language="en"),
    )
    assert ids(backend, "bicara") == ["title", "word", "stem"]
    assert ids(backend, '"bicara"') == ["title", "word"]
    assert ids(backend, "membicarakan") == ["stem", "title", "word"]
    assert ids(backend, "bicara", sort="newest") == ["stem", "title", "word"]
    scores = [hit.score for hit in backend.search("articles", "bicara").hits]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_more_of_the_words_come_first(backend: Backend) -> None:
    fill(
        backend,
        article("one", text="sungai", published=DAY + timedelta(days=1)),
        article("two", text="sungai jembatan"),
    )
    assert ids(backend, "sungai OR jembatan OR gunung") == ["two", "one"]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_accents_case_and_unicode_forms_do_not_matter(backend: Backend, form: str) -> None:
    text = "Émile Zátopek dan Straße Łódź がっこう 학교 हिन्दी"
    fill(backend, article(text=unicodedata.normalize(form, text)))
    other = "NFD" if form == "NFC" else "NFC"
    for word in text.split():
        assert ids(backend, unicodedata.normalize(other, word)) == ["a1"], word
    assert ids(backend, "emile zatopek STRASSE") == ["a1"]


def test_scripts_without_spaces_are_found_by_stretches_of_letters(backend: Backend) -> None:
    fill(backend, article("zh", text="北京大学的学生", language="zh"), article("th", text="ภาษาไทย", language="th"))
    assert ids(backend, "北京") == ["zh"]
    assert ids(backend, '"大学的"') == ["zh"]
    assert ids(backend, "京北") == []
    assert ids(backend, "学*") == ["zh"]
    assert ids(backend, "ไทย") == ["th"]


@pytest.mark.parametrize(
    "value", ["a'b", 'a"b', "a\\b", "a*b", "a?b", "[a]", "a;--", "(a", "a:b", "ä/ö", " a ", "", "a\nb", "😀", "AND"]
)
def test_any_value_can_be_quoted(backend: Backend, value: str) -> None:
    fill(backend, article("a1", section=value), article("a2", section="aXb"))
    assert ids(backend, f"section:{quote(value)}") == ["a1"]
    if value:
        assert backend.facets("articles", "", ["section"])["section"] == sorted([("aXb", 1), (value, 1)])


# Pages of hits


def test_pages_hold_every_document_once_while_others_are_added(backend: Backend) -> None:
    for sort in ("relevance", "newest"):
        family = [
            article(f"{sort}{n:03}", section=sort, text="bicara" if n % 3 else "membicarakan", title="x",
                    published=DAY + timedelta(hours=n // 4))
            for n in range(60)
        ]  # fmt: skip
        fill(backend, *family)
        cursor, seen = None, []
        for page in range(100):
            found = backend.search("articles", f"bicara section:{sort}", limit=7, cursor=cursor, sort=sort)
            seen += [hit.document.id for hit in found.hits]
            cursor = found.cursor
            if cursor is None:
                break
            for hour in range(page, page + 3):
                moment = DAY + timedelta(hours=hour, minutes=1)
                late = article(f"{sort}late{page}-{hour}", section=sort, text="bicara", published=moment)
                fill(backend, late)
        assert len(seen) == len(set(seen))
        assert {document.id for document in family} <= set(seen)


def test_newest_is_by_publication_or_else_by_fetching(backend: Backend) -> None:
    fill(
        backend,
        article("b", published=DAY),
        article("a", published=DAY),
        article("old", published=DAY - timedelta(days=1), fetched=DAY + timedelta(days=5)),
        article("fetched", published=None, fetched=DAY + timedelta(days=1)),
    )
    assert ids(backend, "", sort="newest") == ["fetched", "a", "b", "old"]
    for days in (1, 2):
        backend.put(
            "alerts", alert(f"l{days}", raised=DAY + timedelta(days=days), published=DAY - timedelta(days=days))
        )
    assert ids(backend, "", "alerts", sort="newest") == ["l2", "l1"]


def test_the_last_page_has_no_cursor(backend: Backend) -> None:
    fill(backend, *(article(f"a{n}") for n in range(4)))
    first = backend.search("articles", "", limit=2)
    assert (first.total, len(first.hits)) == (4, 2)
    second = backend.search("articles", "", limit=2, cursor=first.cursor)
    assert (second.total, second.cursor) == (4, None)


def test_misuse_is_said(backend: Backend) -> None:
    fill(backend, *(article(f"a{n}") for n in range(4)))
    cursor = backend.search("articles", "", limit=2).cursor
    assert cursor
    calls: list[Callable[[], object]] = [
        *(
            lambda c=c: backend.search("articles", "", cursor=c)
            for c in ("x", "%%%", "é", "W10=", "WzEsMSwxLDFd", cursor[:-4])
        ),
        lambda: backend.search("articles", "", cursor="WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5LDEsIiJd"),
        lambda: backend.search("articles", "rapat", cursor=cursor),
        lambda: backend.search("articles", "", cursor=cursor, sort="newest"),
        lambda: backend.search("articles", "", limit=0),
        lambda: backend.search("articles", "", limit=10**6),
        lambda: backend.search("pages", ""),
        lambda: backend.get("pages", "x"),
        lambda: backend.count("pages"),
        lambda: backend.export("pages", ""),
        lambda: backend.facets("articles", "", ["text"]),
        lambda: backend.facets("articles", "", ["outlet"], size=0),
        lambda: backend.facets("articles", "", ["published"]),
        lambda: backend.facets("articles", "", ["nothing"]),
    ]
    for call in calls:
        with pytest.raises(Misuse, match=r": (begin again|ask for|choose)"):
            call()
    for query in ("speker:x", "(rapat", "published:soon"):
        for method in (backend.search, backend.export, lambda f, q: backend.facets(f, q, ["outlet"])):
            with pytest.raises(BadQuery):
                method("articles", query)


# Facets and highlights


def test_facets_count_documents(backend: Backend) -> None:
    fill(
        backend,
        article("a1", outlet="Warta", speaker=("Ratna", "Kemal"), entity=("Ratna", "Ratna", "Lembah")),
        article("a2", outlet="Bantara", speaker=("Ratna",), language="en", month="2022-02"),
        article("a3", outlet="Warta", text="lain", published=None),
        article("a4", outlet=None),
    )
    found = backend.facets("articles", "", ["outlet", "language", "speaker", "entity", "month"])
    assert found == {
        "outlet": [("Warta", 2), ("Bantara", 1)],
        "language": [("id", 3), ("en", 1)],
        "speaker": [("Ratna", 2), ("Kemal", 1)],
        "entity": [("Lembah", 1), ("Ratna", 1)],
        "month": [("2022-01", 3), ("2022-02", 1)],
    }
    assert backend.facets("articles", "rapat", ["outlet"], size=1) == {"outlet": [("Bantara", 1)]}
    assert backend.facets("articles", "", []) == {}
    backend.put("statements", statement(reasons=("name", "role")))
    assert backend.facets("statements", "reasons:role", ["reasons"]) == {"reasons": [("name", 1), ("role", 1)]}


def test_highlights_slice_what_matched(backend: Backend) -> None:
    fill(backend, article(title="😀 Bicara", text="Mereka membicarakan “anggaran negara” itu.", speaker=("Bicara",)))
    hit = backend.search("articles", 'bicara "anggaran negara" -lain').hits[0]
    document = hit.document
    assert isinstance(document, ArticleDocument)
    marked = {name: [getattr(document, name)[a:b] for a, b in spans] for name, spans in hit.highlights.items()}
    assert marked == {"title": ["Bicara"], "text": ["membicarakan", "anggaran negara"]}
    assert backend.search("articles", "").hits[0].highlights == {}


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(f"url:{n}" for n in range(900)),
        " ".join(f"url:{n}" for n in range(1000)),
        " OR ".join(f"k{n}" for n in range(1000)),
        " ".join(f"-k{n}" for n in range(1000)),
        "(a OR (b AND NOT " * 7 + "c" + "))" * 7,
        "(a OR (url:b AND NOT " * 7 + "c" + "))" * 7,
        "(url:a OR (url:b AND NOT " * 7 + "url:c" + "))" * 7,
        "(a OR (b AND " * 9 + "c" + "))" * 9,
        "NOT " * 40 + "a",
        "(" * 38 + "a" + ")" * 38,
    ],
)
def test_the_largest_queries_run(backend: Backend, query: str) -> None:
    fill(backend, article(text="a b c k7", url="7"))
    expected = 1 if matches(parse(query, "articles"), article(text="a b c k7", url="7")) else 0
    assert backend.search("articles", query).total == expected


def test_a_wildcard_for_very_many_words_is_answered_in_full_or_refused(backend: Backend) -> None:
    fill(backend, article(text=" ".join(f"kata{n}x" for n in range(1200))))
    try:
        found = ids(backend, "k*x")
    except BadQuery as error:
        found = ["a1"] if "more letters" in str(error) else []
    assert found == ["a1"]
    assert ids(backend, "kata11*x") == ["a1"]
    assert ids(backend, "k*") == ["a1"]
