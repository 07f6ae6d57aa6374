from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import wording
from pipeline.news.likeness import SAME, Seat, likeness, roots, share, surroundings
from pipeline.news.wording import Content

REPORT = "Dewan Selayar telah menerima usulan rapat tarif pada 12 Mei dan sedang mempertimbangkan usulan tersebut"
QUOTED = "Kita sudah menerima surat dari Dewan Selayar dan sedang mempertimbangkannya,"
SEAT = Seat("a", "body", 0, 100, "indirect", 0)


def content(text: str) -> Content:
    return wording.read(text, "id").content


def like(here: Seat, there: Seat, one: str = REPORT, other: str = QUOTED) -> float:
    return likeness(content(one), here, content(other), there)


def test_a_report_announces_the_quotation_behind_it() -> None:
    behind = SEAT._replace(start=110, end=180, kind="direct")
    assert like(SEAT, behind) >= SAME
    assert like(SEAT, behind) > like(SEAT, behind._replace(start=2000, end=2070))
    assert like(SEAT, behind) > like(SEAT._replace(start=190, end=290), behind), "a report behind it says more"
    assert like(SEAT, behind) > like(SEAT, behind._replace(kind="indirect")), "and so does a second report"
    assert like(SEAT, behind) > like(SEAT._replace(article_id="b"), behind), "other articles have to say more alike"


def test_a_headline_says_what_its_article_says() -> None:
    behind = SEAT._replace(start=2000, end=2070, kind="direct")
    assert like(SEAT._replace(part="title"), behind) > like(SEAT, behind)


def test_the_longer_ago_the_more_alike_it_has_to_be() -> None:
    days = [like(SEAT, SEAT._replace(article_id="b", kind="direct", day=day)) for day in range(5)]
    assert days[0] > days[1] > days[2] > days[3] == days[4]


def test_two_articles_are_not_compared_by_the_places_of_their_statements() -> None:
    near, far = (SEAT._replace(article_id="b", start=start, end=start + 9) for start in (0, 5000))
    assert like(SEAT, near) == like(SEAT, far)


def test_what_only_two_share_says_more_than_what_their_speaker_repeats() -> None:
    there = SEAT._replace(article_id="b", kind="direct")
    topic = ("dewan", "selay")
    assert set(topic) <= roots(content(REPORT)) & roots(content(QUOTED))
    plain = like(SEAT, there)
    assert like(SEAT._replace(repeated=topic), there) < plain
    assert like(SEAT, there._replace(repeated=topic)) == like(SEAT._replace(repeated=topic), there)
    assert like(SEAT._replace(repeated=topic), there._replace(repeated=topic)) == like(
        SEAT, there._replace(repeated=topic)
    )
    assert like(SEAT._replace(frequent=topic), there) == plain, "what others say twice counts in one article only"
    assert like(SEAT._replace(repeated=("lain",)), there) == plain, "what they do not share does not count"


def test_in_one_article_a_third_statement_has_to_repeat_it() -> None:
    one, other = "Dewan Selayar menerima usulan rapat tarif", "Kami di Dewan Selayar mempertimbangkan surat,"
    behind = SEAT._replace(start=110, end=180, kind="direct")
    topic = ("dewan", "selay")
    plain = like(SEAT, behind, one, other)
    assert like(SEAT._replace(repeated=topic), behind._replace(repeated=topic), one, other) == plain
    assert like(SEAT._replace(frequent=topic), behind, one, other) < plain
    restated = like(SEAT, behind, one, one + " baru")
    assert like(SEAT._replace(repeated=topic), behind, one, one + " baru") < restated, "both are not counted there"


def test_surroundings_tell_what_one_other_and_two_others_say() -> None:
    said = ["kapal patroli disiapkan", "kapal patroli baru", "kapal lama", "Kapal lama,", "harga beras"]
    found = surroundings([content(text) for text in said])
    assert found[0] == (("kapal", "patro"), ("kapal",))
    assert found[2] == found[3] == (("kapal",), ("kapal",)), "the same words twice are one statement"
    assert found[4] == ((), ())
    assert surroundings([]) == []


def test_what_says_the_same_is_no_surrounding() -> None:
    said = ["tarif pelabuhan naik", "tarif pelabuhan naik bulan depan", "Tarif pelabuhan kapal peti kemas dan dermaga"]
    found = surroundings([content(text) for text in said])
    assert found[0] == found[1] == (("labuh", "tarif"), ())


def test_brief_words_in_one_article_may_be_a_part_of_others() -> None:
    beside = SEAT._replace(start=110, end=130, kind="direct")
    brief, whole = "Sampai cedera lutut,", "ia berlatih dua bulan sampai cedera lutut"
    assert like(SEAT, beside, whole, brief) >= SAME
    assert like(SEAT, beside._replace(article_id="b"), whole, brief) == 0


def test_what_one_of_two_as_long_denies_counts_in_both_orders() -> None:
    one, other = "kapal dinas tidak berlayar ke pelabuhan lama", "kapal dinas nelayan di pelabuhan lama"
    there = SEAT._replace(article_id="b")
    assert like(SEAT, there, one, other) == like(SEAT, there, other, one) == 0


WORDS = ("kapal nelayan", "pelabuhan Selayar", "tidak", "5", "lima", "naik", "turun", "menolak", "harga", "juta", ".")
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
SEATS = st.builds(
    lambda article, part, start, length, kind, day, repeated, frequent: Seat(
        article, part, start, start + length, kind, day, tuple(repeated), tuple(frequent)
    ),
    st.sampled_from("ab"),
    st.sampled_from(["title", "body"]),
    st.integers(0, 300),
    st.integers(0, 90),
    st.sampled_from(["direct", "mixed", "indirect"]),
    st.integers(0, 40),
    st.sets(st.sampled_from(["kapal", "nelay", "pelab", "harga"])),
    st.sets(st.sampled_from(["kapal", "nelay", "pelab", "harga"])),
)


@given(SENTENCES, SEATS, SENTENCES, SEATS)
def test_likeness_is_symmetric_and_between_0_and_1(one: str, here: Seat, other: str, there: Seat) -> None:
    first, second = content(one), content(other)
    assert 0 <= likeness(first, here, second, there) <= 1
    assert likeness(first, here, second, there) == likeness(second, there, first, here)
    assert share(first, second) == share(second, first)


@given(st.text(max_size=80), SEATS, SEATS)
def test_every_text_is_like_itself(text: str, here: Seat, there: Seat) -> None:
    assert like(here, there, text, text) == 1
