"""When, where and on what occasion somebody spoke; what they denied, and under which condition."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from pipeline.news.spans import Span
from schemas.statement import Statement
from tests.news.test_statements import article

WEDNESDAY = datetime(2022, 1, 19, 9, tzinfo=UTC)


def one(text: str, language: str, *places: str, published: datetime | None = WEDNESDAY) -> Statement:
    spans = [Span("body", text.index(place), text.index(place) + len(place), "place") for place in places]
    given = article(text, language=language, published=published)
    return next(s for s in extract(given, Roster(()), spans).statements)


DAYS = {
    "weekday": ("en", "Anna Whitfield said on Monday that the bridge would open.", date(2022, 1, 17)),
    "the same day": ("en", "Anna Whitfield said on Wednesday that the bridge would open.", date(2022, 1, 19)),
    "yesterday": ("en", '"We are ready," Anna Whitfield said yesterday.', date(2022, 1, 18)),
    "in front": ("en", "On Friday, Anna Whitfield said that the bridge would open.", date(2022, 1, 14)),
    "month and day": ("en", '"We are ready," said Anna Whitfield on Jan. 12.', date(2022, 1, 12)),
    "of last year": ("en", '"We are ready," said Anna Whitfield on 12 December.', date(2021, 12, 12)),
    "which is meant": ("en", '"We are ready," said Anna Whitfield last Monday.', None),
    "in what is said": ("en", "Anna Whitfield said that the bridge would open on Monday.", None),
    "in a relative clause": ("en", '"We are ready," said Anna Whitfield, who was elected on Monday.', None),
    "ambiguous": ("en", '"We are ready," said Anna Whitfield (1/7).', None),
    "senin": ("id", "Budi Santoso pada Senin (17/1) mengatakan bahwa jembatan itu aman.", date(2022, 1, 17)),
    "with a year": ("id", '"Kami siap bekerja," kata Budi Santoso di Bandung, Senin (17/1/2022).', date(2022, 1, 17)),
    "kemarin": ("id", '"Kami siap bekerja," kata Budi Santoso, kemarin.', date(2022, 1, 18)),
    "of a pronoun": ("id", '"Kami siap bekerja," ujarnya, Senin (17/1/2022).', date(2022, 1, 17)),
    "of another event": ("id", '"Kami siap bekerja," ujarnya soal rapat yang digelar Senin (17/1/2022).', None),
    "wrong weekday": ("id", '"Kami siap bekerja," kata Budi Santoso, Selasa (17/1/2022).', None),
    "pekan depan": ("id", '"Kami siap bekerja," kata Budi Santoso, Senin depan.', None),
    "not yet": ("id", '"Kami siap bekerja," kata Budi Santoso, Senin (24/1/2022).', None),
    "lunes": ("es", "«Estamos listos», dijo Ana Robles el lunes.", date(2022, 1, 17)),
    "isnin": ("ms", "“Kami sudah bersedia,” kata Salmah Idris pada Isnin.", date(2022, 1, 17)),
}


@pytest.mark.parametrize("case", DAYS)
def test_day(case: str) -> None:
    language, text, expected = DAYS[case]
    assert one(text, language).said_on == expected


def test_the_day_is_that_of_the_zone_of_publication() -> None:
    late = datetime(2022, 1, 19, 1, tzinfo=timezone(timedelta(hours=7)))
    assert one('"Kami siap bekerja," kata Budi Santoso, hari ini.', "id", published=late).said_on == date(2022, 1, 19)


def test_without_a_date_of_publication_only_a_whole_date_counts() -> None:
    assert one('"Kami siap bekerja," kata Budi Santoso, Senin (17/1).', "id", published=None).said_on is None
    whole = '"Kami siap bekerja," kata Budi Santoso, Senin (17/1/2022).'
    assert one(whole, "id", published=None).said_on == date(2022, 1, 17)


@pytest.mark.parametrize(
    ("language", "text", "known", "place", "occasion"),
    [
        ("id", '"Kami siap," kata Budi Santoso dalam jumpa pers di Brussel.', "Brussel", "Brussel", "jumpa pers"),
        ("id", '"Kami siap," kata Budi Santoso saat rapat kerja di Bandung.', "Bandung", "Bandung", "rapat kerja"),
        ("id", '"Kami siap ke Brussel," kata Budi Santoso.', "Brussel", None, None),
        ("id", '"Kami siap," ujarnya di Brussel.', "Brussel", "Brussel", None),
        ("id", '"Kami siap," kata Budi Santoso di Swiss-Belinda Hotel.', "Swiss", None, None),
        ("en", '"We win," Anna Whitfield said at a televised rally in Leeds.', "Leeds", "Leeds", "televised rally"),
        ("en", "Anna Whitfield said in Leeds that the press conference was over.", "Leeds", "Leeds", None),
        ("en", '"We win," said Anna Whitfield, who lives in Leeds.', "Leeds", None, None),
        ("es", "«Ganamos», dijo Ana Robles durante una entrevista en Villar.", "Villar", "Villar", "entrevista"),
    ],
)  # fmt: skip
def test_place_and_occasion(language: str, text: str, known: str, place: str | None, occasion: str | None) -> None:
    found = one(text, language, known)
    assert (found.place, found.occasion) == (place, occasion)


@pytest.mark.parametrize(
    ("language", "text", "negated", "conditional"),
    [
        ("id", "Budi Santoso membantah bahwa ia menerima uang.", True, False),
        ("id", '"Kami tidak akan mundur," kata Budi Santoso.', True, False),
        ("id", "Budi Santoso mengatakan bahwa jembatan itu dibangun jika uangnya ada.", False, True),
        ("id", "Budi Santoso mengatakan bahwa jembatan itu aman, bukan berbahaya.", False, False),
        ("en", "Anna Whitfield denied that she had lied.", True, False),
        ("en", "Anna Whitfield said the bridge wouldn’t open if the money did not come.", True, True),
        ("en", "Anna Whitfield said the bridge looked as if it were new.", False, False),
    ],
)
def test_negation_and_condition(language: str, text: str, *, negated: bool, conditional: bool) -> None:
    found = one(text, language)
    assert (found.negated, found.conditional) == (negated, conditional)
