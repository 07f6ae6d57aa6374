"""Paragraphs in another language: found when it is sure, where they stand, and nothing in an ordinary article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.tongues import tongues
from tests.news.test_cleaning_html import PARAGRAPHS, article_of, body_of, web_page

FOREIGN = {
    "id": "“Kami meminta semua warga bersabar karena jalan di sekitar jembatan belum siap dipakai,” kata wali kota.",
    "ru": "«Мы просим всех жителей набраться терпения, потому что дороги вокруг моста ещё не готовы», — сказала она.",
    "zh": "市长周一对记者说：我们请大家耐心等待，因为大桥周围的道路还没有准备好，渔市的商人也在等待大桥重新开放，"
    "他们说这是一年里最好的一天，希望一切顺利进行，并感谢所有参加修建工作的工人和技术人员。",
}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_foreign_paragraph_is_found_where_it_stands(language: str) -> None:
    text = "\n".join([*PARAGRAPHS[:2], FOREIGN[language], *PARAGRAPHS[2:]])
    (found,) = tongues(text, "en")
    assert found.language == language
    assert text[found.start : found.end] == FOREIGN[language]


def test_neighbours_in_one_language_are_one_passage() -> None:
    text = "\n".join([*PARAGRAPHS, FOREIGN["id"], FOREIGN["id"].replace("warga", "pedagang"), *PARAGRAPHS])
    (found,) = tongues(text, "en")
    assert text[found.start : found.end].count("\n") == 1


def test_names_and_short_lines_are_no_language() -> None:
    assert tongues("\n".join([*PARAGRAPHS, "Rina Wulandari, Budi Santoso", "Moi non plus, dit-elle."]), "en") == ()


def test_where_most_seems_foreign_the_language_is_in_doubt() -> None:
    assert tongues("\n".join([PARAGRAPHS[0], FOREIGN["ru"], FOREIGN["ru"]]), "en") == ()


@given(
    st.lists(st.sampled_from([*PARAGRAPHS, *FOREIGN.values(), "", "日"]), max_size=8),
    st.sampled_from(["en", "id", "und"]),
)
def test_passages_are_in_order_and_whole_paragraphs(lines: list[str], language: str) -> None:
    text, end = "\n".join(lines), -1
    for found in tongues(text, language):
        assert end < found.start < found.end <= len(text)
        assert set(text[found.start : found.end].split("\n")) <= set(lines)
        assert found.language != language
        end = found.end


def test_an_article_holds_them() -> None:
    article = article_of(web_page(body_of([*PARAGRAPHS, FOREIGN["id"]])))
    assert [article.text[found.start : found.end] for found in article.languages] == [FOREIGN["id"]]
