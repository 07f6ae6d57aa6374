"""Entities of invented articles, and the way back to the page."""

from pipeline.news.entities import slug
from pipeline.news.extraction import extract
from pipeline.news.mapping import page_span
from pipeline.news.officials import Roster
from pipeline.news.spans import Span
from schemas.article import Entity, EntityKind, Run
from schemas.catalog import Official
from tests.news.test_statements import ROSTER, article

TEXT = (
    "Gubernur Sari Dewanti bertemu Komisi Air Bersih (KAB) di Jepang.\n"
    '"Kami siap bekerja," kata Dewanti.\nBank Lautan dan KAB hadir bersama Rahman Wiratama.'
)


def by_id(text: str, title: str = "") -> dict[str, Entity]:
    return {entity.entity_id: entity for entity in extract(article(text, title=title), ROSTER).entities}


def test_people_bodies_places_and_officials() -> None:
    found = by_id(TEXT)
    assert found["person:sari-dewanti"].kind == "person"
    assert found["organisation:komisi-air-bersih"].kind == "organisation"
    assert found["place:jepang"].kind == "place"
    assert found["bank-lautan"].official == "bank-lautan"
    assert found["rahman-wiratama"].reason == "name"


def test_short_forms_are_mentions_of_the_same() -> None:
    found = by_id(TEXT)
    assert found["person:sari-dewanti"].aliases == ("Dewanti",)
    assert [TEXT[m.start : m.end] for m in found["organisation:komisi-air-bersih"].mentions] == [
        "Komisi Air Bersih",
        "KAB",
        "KAB",
    ]


def test_headlines_are_searched_for_known_names_only() -> None:
    found = by_id(TEXT, title="Dewanti Datang Membawa Harapan Baru")
    assert found["person:sari-dewanti"].mentions[0].part == "title"
    assert not any("harapan" in id for id in found)


def modelled(text: str, *found: tuple[str, EntityKind]) -> dict[str, list[str]]:
    """Each entity's id with the words of its mentions, when a model takes the first of these words for names."""
    spans = [Span("body", text.index(words), text.index(words) + len(words), kind) for words, kind in found]
    entities = extract(article(text), ROSTER, spans).entities
    return {entity.entity_id: [text[m.start : m.end] for m in entity.mentions] for entity in entities}


def test_rules_fill_gaps_and_never_override_a_model() -> None:
    text = f"{TEXT}\nGubernur Sari Dewanti lalu pulang."
    found = modelled(text, ("Sari Dewanti", "organisation"))
    assert found["organisation:sari-dewanti"][0] == "Sari Dewanti"
    assert found["organisation:komisi-air-bersih"] == ["Komisi Air Bersih", "KAB", "KAB"]


def test_glued_names_and_brackets_are_taken_apart() -> None:
    found = modelled(
        "Presiden Jepang Tano Harumi dan Ketua Badan Hujan (Bahuna) datang.",
        ("Presiden Jepang Tano Harumi", "person"),
        ("Ketua Badan Hujan (Bahuna)", "organisation"),
    )
    assert found["person:tano-harumi"] == ["Tano Harumi"]
    assert found["place:jepang"] == ["Jepang"]
    assert found["organisation:badan-hujan"] == ["Badan Hujan", "Bahuna"]


def test_a_name_ends_where_small_letters_begin_and_starts_behind_a_rank() -> None:
    text = "Kapolsek Bukit Lima Kompol Raden Setiaji bertemu dengan Sari Dewanti kemarin."
    found = modelled(text, ("Bukit Lima Kompol Raden Setiaji bertemu", "person"), ("Sari Dewanti kemarin", "person"))
    assert found["person:raden-setiaji"] == ["Raden Setiaji"]
    assert found["person:sari-dewanti"] == ["Sari Dewanti"]


def test_a_name_is_one_kind_in_an_article_and_found_wherever_it_stands() -> None:
    text = "Lumora naik. Warga Lumora senang. Warga di Lumora diam."
    spans = [
        Span("body", 0, 6, "place"),
        Span("body", 19, 25, "organisation"),
        Span("body", 43, 49, "place"),
    ]
    (one,) = extract(article(text), ROSTER, spans).entities
    assert (one.kind, len(one.mentions)) == ("place", 3)
    (one,) = extract(article(text), ROSTER, spans[:1]).entities
    assert (one.kind, len(one.mentions)) == ("place", 3)


def test_the_offices_before_a_name_are_its_roles() -> None:
    text = "Menteri Luar Negeri Jepang, Tano Harumi, tiba. Ketua Umum Tano Harumi pulang."
    found = by_id(text)
    assert found["person:tano-harumi"].roles == ("Menteri Luar Negeri Jepang", "Ketua Umum")


def test_an_officials_name_is_not_cut_by_a_model() -> None:
    text = "Rapat dihadiri Rahman Wiratama Sejati hari ini."
    found = modelled(text, ("Wiratama Sejati", "place"))
    assert found["rahman-wiratama"] == ["Rahman Wiratama"]
    assert "place:wiratama-sejati" not in found


def test_two_countries_in_one_word_are_two() -> None:
    found = modelled("Perundingan Jepang-Prancis dan Al-Hikmah.")
    assert (found["place:jepang"], found["place:prancis"]) == (["Jepang"], ["Prancis"])


def test_a_capital_at_the_start_of_a_sentence_is_no_person() -> None:
    text = "Dialog tetap penting. Kami mau dialog."
    assert modelled(text, ("Dialog", "person")) == {}


def test_the_holder_of_an_office_leaves_the_body_that_swallowed_them() -> None:
    text = "Kata Lisda tidak. Ketua Yayasan Lentera Lisda Sundar pulang."
    found = modelled(text, ("Lisda", "person"), ("Yayasan Lentera Lisda Sundar", "organisation"))
    assert found["person:lisda-sundar"] == ["Lisda", "Lisda Sundar"]
    assert found["organisation:yayasan-lentera"] == ["Yayasan Lentera"]


def test_a_speakers_name_ends_at_the_body_that_a_model_found() -> None:
    text = '"Kami siap," kata Direktur Program Lentera Raya Yoga Rosim. Rapat selesai.'
    spans = [Span("body", text.index("Lentera"), text.index(" Yoga"), "organisation")]
    spans.append(Span("body", text.index("Yoga"), text.index(". Rapat"), "person"))
    assert extract(article(text), ROSTER, spans).statements[0].speaker == "Yoga Rosim"


def test_where_a_model_reads_capitals_alone_name_no_body() -> None:
    text = "Rahman Wiratama bayar US$ 5 ke KAB."
    assert "organisation:kab" in modelled(text)
    assert "organisation:kab" not in modelled(text, ("Rahman Wiratama", "person"))


def test_two_officials_with_one_alias_are_not_guessed() -> None:
    twins = Roster(
        (Official(id="a", name="Budi Satu", aliases=("Budi",)), Official(id="b", name="Budi Dua", aliases=("Budi",)))
    )
    found = extract(article('"Kami siap bekerja," kata Budi.'), twins)
    assert found.statements[0].official is None


def test_slugs_keep_letters_of_every_script() -> None:
    assert slug("Jens  Stoltenberg!") == "jens-stoltenberg"
    assert slug("Владимир Путин") == "владимир-путин"


def test_offsets_lead_back_to_the_page() -> None:
    runs = (Run(0, 10, 5), Run(6, 40, 5))
    assert page_span(runs, 0, 5) == (10, 15)
    assert page_span(runs, 2, 8) == (12, 42)
    assert page_span(runs, 0, 6) == (10, 15), "the line break between two runs is not in the page"
    assert page_span((), 0, 1) is None
    assert page_span(runs, 9, 12) == (43, 45)
    assert page_span(runs, 11, 12) is None
