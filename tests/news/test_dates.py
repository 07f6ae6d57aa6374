from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.dates import find_dates, parse_date, plausible, url_date
from pipeline.news.textdate import body_date

FETCHED = datetime(2024, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("Sabtu, 11 Mei 2024 - 13:03 WIB", "2024-05-11T13:03:00+07:00", "minute"),
        ("Minggu 12 Mei 2024, pukul 07.45 WITA", "2024-05-12T07:45:00+08:00", "minute"),
        ("12 Agt 2023 | 23:10 WIT", "2023-08-12T23:10:00+09:00", "minute"),
        ("Rina Wulandari • 12 Januari 2023 13:16", "2023-01-12T13:16:00+00:00", "minute"),
        ("Senin (27/11/2023)", "2023-11-27T00:00:00+00:00", "day"),
        ("Jan. 8, 2024, 1:03 p.m. EST", "2024-01-08T13:03:00-05:00", "minute"),
        ("January 8th, 2024 at 12:03 am", "2024-01-08T00:03:00+00:00", "minute"),
        ("8 March 2024 09:00 GMT+7", "2024-03-08T09:00:00+07:00", "minute"),
        ("2024-01-08T13:03:00+0700", "2024-01-08T13:03:00+07:00", "minute"),
        ("2024-01-08 13:03:00 +07:00", "2024-01-08T13:03:00+07:00", "minute"),
        ("2024-01-08T13:03Z", "2024-01-08T13:03:00+00:00", "minute"),
        ("2024-01-08", "2024-01-08T00:00:00+00:00", "day"),
        ("Mon, 08 Jan 2024 13:03:00 +0700", "2024-01-08T13:03:00+07:00", "minute"),
        ("1704693780", "2024-01-08T06:03:00+00:00", "minute"),
        ("1704693780000", "2024-01-08T06:03:00+00:00", "minute"),
        ("2024年1月8日 13:03", "2024-01-08T13:03:00+00:00", "minute"),
        ("8. März 2024", "2024-03-08T00:00:00+00:00", "day"),
        ("1/18/2024", "2024-01-18T00:00:00+00:00", "day"),
    ],
)
def test_parse_date(text: str, expected: str, precision: str) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.when, found.precision) == (datetime.fromisoformat(expected), precision)
    assert found.when.utcoffset() == datetime.fromisoformat(expected).utcoffset()


@pytest.mark.parametrize(
    "text", ["", "kemarin", "31 Februari 2024", "1 Januari 99999", "99/99/2024", "2024-13-01", "12.30"]
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17 Agustus 1945", False),
        ("5 Agustus 1991", False),
        ("6 Agustus 1991", True),
        ("21 Mei 2024", True),
        ("22 Mei 2024", False),
        ("2024-05-21T02:01+00:00", False),
        ("9999-12-31T23:59:59-12:00", False),
        ("0001-01-01T00:00:00+12:00", False),
    ],
)
def test_only_plausible_dates_count(text: str, *, expected: bool) -> None:
    assert (plausible(parse_date(text), FETCHED) is not None) is expected


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9]{1,5}[-/. ][A-Za-z0-9]{1,5}[-/. ,]{1,2}[0-9]{1,6}([ T][0-9:.+-]{1,14})?")
)
def test_any_text_gives_aware_dates_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or found.when.utcoffset() is not None
    for date in find_dates(text):
        assert 0 <= date.start < date.end <= len(text)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-14, 14))
def test_iso_dates_come_back(when: datetime, hours: int) -> None:
    aware = when.replace(tzinfo=UTC) + timedelta(hours=hours)
    found = parse_date(aware.isoformat())
    assert found is not None
    assert found.when == aware


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://warta.example/2024/01/08/jembatan-dibuka", "2024-01-08"),
        ("https://warta.example/read/20240108/12/jembatan", "2024-01-08"),
        ("https://warta.example/berita/123456789/jembatan", None),
        ("https://warta.example/2024/13/40/jembatan", None),
    ],
)
def test_url_date(url: str, day: str | None) -> None:
    found = url_date(url)
    assert (found and found.when.date().isoformat()) == day


def test_a_body_is_dated_by_its_first_date_with_a_weekday() -> None:
    text = "Jembatan itu dirancang pada 3 Maret 2021. Jadi, kata Rina, Senin (13/5/2024). Kamis, 16 Mei 2024 libur."
    date = body_date(text, FETCHED)
    assert date is not None
    assert (date.when.isoformat(), date.precision, date.source) == ("2024-05-13T00:00:00+00:00", "day", "text")
    assert date.confidence < 0.9
    assert body_date("Jembatan itu dirancang pada 3 Maret 2021.", FETCHED) is None
