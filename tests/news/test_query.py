"""The query language: what is understood, what is refused and how, what a query means for one document."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadQuery
from pipeline.news.queries import highlight, matches, parse, quote
from pipeline.news.queries.dates import microseconds, span
from pipeline.news.queries.tree import FIELDS
from pipeline.news.queries.words import fold, other_forms, places, stem, stems, words
from schemas.documents import StatementDocument

DAY = datetime(2022, 1, 17, 10, 0, tzinfo=UTC)
NOW = datetime(2022, 1, 20, tzinfo=UTC)


def statement(**changes: Any) -> StatementDocument:
    fields: dict[str, Any] = {
        "id": "s1", "revision": 1, "text": "Kami tidak akan menerima anggota baru.", "before": "Ia membicarakan rapat.",
        "after": "", "title": "Aliansi menolak", "kind": "direct", "part": "body", "speaker": "Jonas Stoltz",
        "speaker_id": "person:jonas-stoltz", "official": None, "mention": "Sekjen", "cue": "kata", "medium": None,
        "rule": "post-quote", "reasons": ("role", "name"), "confidence": 0.8,
        "entity": ("Aliansi Utara", "Kota Lembah"), "article": "a1", "family": "a1", "outlet": "Harian Bantara",
        "url": "https://bantara.example/2022/a?b=1",
        "page": "p", "page_start": 0, "page_end": 9, "language": "id", "month": "2022-01", "published": DAY,
        "fetched": DAY, "utterance": "s1", "novelty": "new", "similarity": 0.0, "added": (), "first_seen": DAY,
    }  # fmt: skip
    return StatementDocument(**{**fields, **changes})


def holds(query: str, **changes: Any) -> bool:
    return matches(parse(query, "statements", now=NOW), statement(**changes))


@pytest.mark.parametrize(
    "query",
    [
        "", " \n", "*", "*:*", "anggota", "ANGGOTA", "anggota baru", "anggota AND baru", "anggota NOT usul",
        "anggota -usul",
        "usul OR baru", '"anggota baru"', "“anggota baru”", '"menerima baru"~1', '"baru menerima"~1',
        "angg*", "a?ggota", 'title:"menolak"',
        "*gota", "speaker:stoltz", 'speaker:"jonas stoltz"', "speaker:(kemal OR jonas)", "speaker:-kemal",
        "entity:utara",
        "kind:direct", "kind:dir*", 'kind:"direct"', "reasons:name", "_exists_:url", "NOT _exists_:medium",
        "NOT _exists_:after", "url:*", "confidence:0.8", "confidence:[0.8 TO *]", "confidence:>=0.8",
        "confidence:<0.9",
        "confidence:{0.7 TO 0.9}", "confidence:[-1 TO 1]", "published:2022", "published:2022-01",
        "published:2022-01-17",
        "published:2022-01-17T10:00Z", "published:[2022-01-01 TO 2022-02-01}", "published:{2022-01-16 TO 2022-01-17]",
        "published:[now-7d TO now]", "published:>now-1w", 'published:"2022-01-17 17:00+07:00"', "month:[2021 TO 2023]",
        "bicara", "text:menerima^3 rapat^", "(anggota baru)^2", "NOT NOT anggota", "NOT (usul OR medium)",
        "url:https\\://bantara.example*", f"url:{quote('https://bantara.example/2022/a?b=1')}", "baru,", "anggota/baru",
        "usul OR (anggota AND baru)", "TO OR anggota",
    ],
)  # fmt: skip
def test_what_holds(query: str) -> None:
    assert holds(query)


@pytest.mark.parametrize(
    "query",
    [
        "usul", "anggota usul", "NOT anggota", '"baru anggota"', '"menerima baru"~0', "nggota*", "an?ota",
        "speaker:menerima",
        'speaker:"stoltz jonas"', 'entity:"utara kota"', "kind:Direct", "kind:dir", "_exists_:medium", "_exists_:after",
        "confidence:[0.9 TO *]", "confidence:>0.8", "confidence:{0.8 TO 0.9}", "published:2021", "published:>2022-01",
        "published:>=2022-02", "published:<2022-01-17", "published:[2022-01-01 TO 2022-01-17}", "published:[now TO *]",
        "month:{2022-01 TO *]", '"bicara"', "title:bicara", "similarity:-1", "usul rapat OR baru",
        "speaker:(jonas AND kemal)", "q?x",
    ],
)  # fmt: skip
def test_what_does_not_hold(query: str) -> None:
    assert not holds(query)


def test_stems_are_those_of_the_language_of_the_document() -> None:
    assert holds("running", text="They run", language="en")
    assert holds("run", text="They were running", language="en")
    assert not holds("running", text="They run", language="id")
    assert not holds("running", text="They run", language="de")
    assert not holds("runs", speaker="run", text="", language="en")


def test_a_missing_value_holds_nothing_but_a_negation() -> None:
    for query in ("published:2022", "published:*", "published:[* TO 2022]", "published:>2000"):
        assert not holds(query, published=None)
        assert holds(f"NOT {query}", published=None)
    assert not holds("outlet:*", outlet=None)
    assert not holds("kind:*", kind="")


@pytest.mark.parametrize(
    ("query", "position", "words"),
    [
        ('rapat "anggota baru', 6, "quotation mark is not closed"),
        ("rapat “anggota baru", 6, "quotation mark is not closed"),
        ("((rapat) (usul", 9, "( is not closed"),
        ("rapat) usul", 5, ") closes nothing"),
        ("published:[2022-01 TO 2022-02", 10, "[ is not closed"),
        ("()", 1, "')' does not fit"),
        ("rapat AND", 6, "nothing follows AND"),
        ("rapat OR NOT", 9, "nothing follows NOT"),
        ("OR rapat", 0, "'OR' does not fit"),
        ("speaker:", 0, "speaker: has no value"),
        ("rapat \\", 6, "does not fit"),
        ("rapat AND ~2", 10, "does not fit"),
        ("rapat^1.2.3", None, "numbers after ^ and ~"),
        ("speker:stoltz", 0, "did you mean speaker?"),
        ("rapat SPEAKER:stoltz", 6, "did you mean speaker?"),
        ("zzz:1", 0, "there are id, revision"),
        ("standfirst:laut", 0, "it is one of articles, search these"),
        ("_exists_:speker", 9, "did you mean speaker?"),
        ("speaker:outlet:x", 8, 'speaker:"..."'),
        ("url:https://bantara.example/x", 4, 'url:"..."'),
        ("confidence:high", 11, "write a number"),
        ("confidence:1_0", 11, "write a number"),
        ("confidence:nan", 11, "write a number"),
        ("confidence:[0.5 TO high]", 19, "write a number"),
        ("published:kemarin", 10, "published:2022"),
        ("published:2022-02-30", 10, "published:2022"),
        ("published:0000", 10, "published:2022"),
        ("published:2022-*", 10, "published:2022"),
        ("published:now-999999w", 10, "published:2022"),
        ("title:[a TO b]", 6, "searched by words"),
        ("negated:yes", 8, "write negated:true or negated:false"),
        ("negated:[false TO true]", 8, "write negated:true"),
        ("negated:t*", 8, "write negated:true"),
        ("[a TO b]", 0, "a range without a field"),
        (">5", 0, "a range without a field"),
        ("rapat~", 0, "fuzzy"),
        ("rapat /us.l/", 6, "regular expression"),
        ("rapat && usul", 6, "write AND"),
        ("rapat || usul", 6, "write OR"),
        ("rapat !usul", 6, "write NOT usul"),
        ('rapat "..."', 6, "no letter or digit"),
        ('"a b"~101', 0, "from 0 to 100"),
        ('kind:"a b"~2', 5, "matched whole"),
        ("anak-a*k", 0, "inside one word"),
        ("a*b*c*d*e*f*g", 0, "5 stars"),
        ("(" * 1000 + "a" + ")" * 1000, 41, "inside each other"),
        ("(" * 5000, 4999, "( is not closed"),
        ("NOT " * 1000 + "a", 164, "inside each other"),
        (" ".join("a" * 1001), 2000, "words and ranges"),
        ("a" * 100_000, None, "10,000 are the most"),
    ],
)  # fmt: skip
def test_what_is_refused(query: str, position: int | None, words: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(query, "statements", now=NOW)
    message = str(caught.value)
    assert words in message
    assert caught.value.position == position
    assert position is None or f" at column {position + 1}: " in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_pointer_stands_under_the_place() -> None:
    with pytest.raises(BadQuery) as caught:
        parse("rapat speker:x", "statements")
    assert caught.value.pointer() == "rapat speker:x\n      ^"


def test_relative_dates_need_a_clock() -> None:
    with pytest.raises(BadQuery, match="now-7d"):
        parse("published:>now-7d", "statements")


def test_unknown_families_are_refused() -> None:
    with pytest.raises(BadQuery, match="articles, statements, alerts"):
        parse("x", "pages")


SIGNS = st.sampled_from([*'"()[]{}:*?~^+-!&|\\/<>= .,', "AND ", "OR ", "NOT ", " TO ", "title:", "published:",
                         "_exists_:", "kind:", "confidence:", "2022", "0.5", "now", "kata",
                         "Ünal", "京", "“", "”", "\n", "\x00"])  # fmt: skip


@settings(max_examples=500)
@given(st.lists(SIGNS, max_size=12).map("".join) | st.text(max_size=30), st.sampled_from(sorted(FIELDS)))
@example("\\", "articles")
@example('"\\"', "articles")
@example("/\n/", "articles")
def test_any_text_is_understood_or_refused(text: str, family: str) -> None:
    refused: BadQuery | None = None
    try:
        query = parse(text, family)
    except BadQuery as error:
        refused = error
    if refused is not None:
        assert refused.position is None or 0 <= refused.position <= len(text)
        assert re.fullmatch(r"[^\n]+: [^\n]+", str(refused))
    elif family == "statements":
        assert matches(query, statement()) in (True, False)


@given(st.text(max_size=40))
def test_a_quoted_value_stands_for_itself(value: str) -> None:
    assert holds(f"kind:{quote(value)}", kind=value)
    assert not holds(f"kind:{quote(value)}", kind=value + "x")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_negation_turns_every_answer(text: str, other: str) -> None:
    for query in (f"kind:{quote(text)}", "text:*", f"title:{quote('a' + text)}"):
        assert holds(f"NOT {query}", kind=other, title=other, text=other) != holds(
            query, kind=other, title=other, text=other
        )


# Highlighting


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rapat", ["Rapat"]),
        ("bicara", ["membicarakan"]),
        ('"rapat itu"', ["Rapat itu"]),
        ("rapat itu", ["Rapat", "itu"]),
        ('"usul rapat"~5', ["Rapat", "usul"]),
        ("us*", ["usul"]),
        ("u?ul", ["usul"]),
        ("rapat -usul", ["Rapat"]),
        ("NOT usul", []),
        ("lain OR usul", ["usul"]),
        ("title:usul", []),
        ("text:usul kind:direct", ["usul"]),
        ("resume", ["résumé"]),
        ("", []),
    ],
)
def test_highlight(query: str, expected: list[str]) -> None:
    text = "😀 Rapat itu membicarakan “usul” dan résumé."
    spans = highlight(parse(query, "statements"), text, "text", "id")
    assert [text[start:end] for start, end in spans] == expected


def test_highlight_without_field_and_language_takes_all() -> None:
    assert highlight(parse("title:runs", "statements"), "running") == [(0, 7)]
    assert highlight(parse("runs", "statements"), "running", language="id") == []


TERMS = st.lists(st.sampled_from(["rapat", "merapat", "usul", "Usul", "a", "é"]), min_size=1, max_size=8).map(" ".join)


@given(TERMS, st.lists(TERMS.map('"{}"'.format) | TERMS | TERMS.map('"{}"~2'.format), min_size=1).map(" OR ".join))
def test_highlights_are_in_order_and_apart_and_only_where_the_query_holds(text: str, query: str) -> None:
    parsed = parse(f"text:({query})", "statements")
    spans = highlight(parsed, text, "text", "id")
    ends = [0, *(end for _, end in spans)]
    assert all(0 <= last <= start < end <= len(text) for last, (start, end) in zip(ends, spans))
    assert bool(spans) >= matches(parsed, statement(text=text))


# Words


@given(st.text(max_size=80) | st.text("aB “”’–-_.·¶×İßéが\u0301\u3099京ไ9", max_size=40))
@example("İstanbul")
def test_words_are_folded_once_and_stand_where_they_are_said_to_stand(text: str) -> None:
    found = list(places(text))
    assert words(text) == tuple(place.word for place in found)
    for place in found:
        assert fold(text[place.start : place.end]) == place.word
        assert fold(place.word) == place.word
    assert not set('·¶× \n"*') & set("".join(words(text)))  # what the index writes between words


@given(st.text("aeoüéßñçがはÅøI 京", max_size=30))
def test_words_do_not_depend_on_the_unicode_form(text: str) -> None:
    assert words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text))


def test_words_of_some_scripts() -> None:
    assert words("U.S. don't COVID-19 5.000 anak-anak_x") == (
        "u", "s", "don", "t", "covid", "19", "5", "000", "anak", "anak", "x",
    )  # fmt: skip
    assert words("北京大学 이순신 हिन्दी ไทย") == ("北", "京", "大", "学", "이순신", "हिन्दी", "ไ", "ท", "ย")
    assert words("Čapek ŁÓDŹ ﬁn ＡＢＣ") == ("capek", "łodz", "fin", "abc")


def test_other_forms_are_the_stems_of_words_that_are_not_their_own() -> None:
    text = "Mereka membicarakan rapat, lalu rapat"
    assert other_forms(text, "id") == {stem(word, "id") for word in words(text) if stem(word, "id") != word}
    assert stems(text, "id") == {stem(word, "id") for word in words(text)}
    assert "bicara" in other_forms(text, "id")
    assert "rapat" not in other_forms(text, "id")
    assert other_forms(text, "de") == stems(text, "de") == set()


# Dates


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=366)),
        ("2022-12", datetime(2022, 12, 1, tzinfo=UTC), timedelta(days=31)),
        ("2022-02-28", datetime(2022, 2, 28, tzinfo=UTC), timedelta(days=1)),
        ("2022-01-17T10:00", DAY, timedelta(minutes=1)),
        ("2022-01-17 17:00+0700", DAY, timedelta(minutes=1)),
        ("2022-01-17T10:00:00Z", DAY, timedelta(seconds=1)),
        ("2022-01-17T10:00:00.5+00:00", DAY + timedelta(seconds=0.5), timedelta(microseconds=1)),
        ("now", NOW, timedelta(microseconds=1)),
        ("now-7d", NOW - timedelta(days=7), timedelta(microseconds=1)),
        ("now+2h", NOW + timedelta(hours=2), timedelta(microseconds=1)),
    ],
)
def test_a_date_is_a_stretch_of_time(text: str, start: datetime, length: timedelta) -> None:
    first = microseconds(start)
    assert span(text, NOW) == (first, first + length // timedelta(microseconds=1))


def test_the_last_year_has_an_end() -> None:
    assert span("9999") == (span("9999-01")[0], span("9999-12")[1])
    assert span("9999-12-31")[1] == span("9999")[1]


@pytest.mark.parametrize(
    "text", ["", "22", "2022-1", "2022W03", "20220117", "2022-13", "2022-01-32", "10:00", "now-7x", "٢٠٢٢-"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        span(text, NOW)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])))
def test_a_moment_lies_in_its_minute(moment: datetime) -> None:
    start, end = span(moment.isoformat(timespec="minutes"))
    assert start <= microseconds(moment) < end
