"""A language is a file: Malay, Spanish and languages without any file, in invented sentences read by rules alone."""

import pytest

from pipeline.news.extraction import extract
from pipeline.news.lexicons import GENERIC, LANGUAGES, tables
from pipeline.news.officials import Roster
from schemas.catalog import Official
from tests.news.test_statements import article, told

SPANISH = {
    "inverted": ("«Estamos listos», dijo Ana Robles.", "direct", "Ana Robles", "Estamos listos"),
    "perfect tense": (
        "«El puente abrirá el lunes», ha asegurado el alcalde de Villar, Tomás Ledo.",
        "direct",
        "Tomás Ledo",
        "El puente abrirá el lunes",
    ),
    "dijo que": (
        "La ministra Ana Robles dijo que el puente no abriría en mayo.",
        "indirect",
        "Ana Robles",
        "el puente no abriría en mayo",
    ),
    "según": ("Según Ana Robles, el puente abrirá en mayo.", "indirect", "Ana Robles", "el puente abrirá en mayo"),
    "según behind": (
        "El puente abrirá en mayo, según la alcaldesa Ana Robles.",
        "indirect",
        "Ana Robles",
        "El puente abrirá en mayo",
    ),
    "office behind the name": (
        "Ana Robles, directora del museo, explicó: «No falta ningún cuadro de la colección».",
        "direct",
        "Ana Robles",
        "No falta ningún cuadro de la colección",
    ),
    "fragment": (
        "El portavoz del Gobierno, Tomás Ledo, calificó la medida de «error histórico».",
        "mixed",
        "Tomás Ledo",
        "la medida de «error histórico»",
    ),
    "denial": (
        "Tomás Ledo negó que hubiera recibido dinero.",
        "indirect",
        "Tomás Ledo",
        "hubiera recibido dinero",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPANISH)
def test_spanish(case: str) -> None:
    text, *expected = SPANISH[case]
    assert told(text, language="es") == [tuple(expected)]


def test_spanish_dialogue_with_dashes() -> None:
    text = (
        "—Estamos listos —dijo Ana Robles—. Mañana abrimos el puente.\n—No lo sé —respondió él.\n—Pues vamos a verlo."
    )
    assert told(text, language="es") == [
        ("direct", "Ana Robles", "Estamos listos"),
        ("direct", "Ana Robles", "Mañana abrimos el puente."),
        ("direct", None, "No lo sé"),
    ]


def test_spanish_that_nobody_said() -> None:
    assert told("El presidente no dijo que fuera a dimitir.", language="es") == []


MALAY = {
    "kata": (
        "“Kami sudah bersedia,” kata Perdana Menteri, Datuk Seri Hakim Rosli.",
        "direct",
        "Hakim Rosli",
        "Kami sudah bersedia,",
    ),
    "berkata": (
        "Menteri Kesihatan Dr Salmah Idris berkata, jambatan itu akan dibuka tahun depan.",
        "indirect",
        "Salmah Idris",
        "jambatan itu akan dibuka tahun depan",
    ),
    "menurut": (
        "Menurut Salmah Idris, jambatan itu akan dibuka tahun depan.",
        "indirect",
        "Salmah Idris",
        "jambatan itu akan dibuka tahun depan",
    ),
    "bahawa": (
        "Salmah Idris menafikan bahawa beliau menerima wang.",
        "indirect",
        "Salmah Idris",
        "beliau menerima wang",
    ),
    "ujar": (
        "“Hujan turun sejak malam,” ujar penduduk kampung, Ahmad Zaki, ketika ditemui di Melaka.",
        "direct",
        "Ahmad Zaki",
        "Hujan turun sejak malam,",
    ),
    "rank": (
        "Ketua Polis Daerah Klang, ACP Ramli Osman, berkata suspek ditahan pada Isnin.",
        "indirect",
        "Ramli Osman",
        "suspek ditahan pada Isnin",
    ),
}


@pytest.mark.parametrize("case", MALAY)
def test_malay(case: str) -> None:
    text, *expected = MALAY[case]
    assert told(text, language="ms") == [tuple(expected)]


def test_malay_pronouns() -> None:
    text = (
        "Salmah Idris berkata, jambatan itu selamat digunakan.\n"
        "Beliau berkata jambatan itu dibuka esok.\n“Kita bersedia,” katanya."
    )
    assert [speaker for _, speaker, _ in told(text, language="ms")] == ["Salmah Idris"] * 3


OTHERS = {
    "fr": "« Nous ouvrirons le pont l'année prochaine », a déclaré Anne Leroux. Jean dit que le pont est fermé.",
    "de": "„Wir werden die Brücke im nächsten Jahr öffnen“, sagte Anna Weiß. Der Kanzler sagte, die Brücke sei sicher.",
    "ar": 'قال الوزير أحمد منصور: "سنفتح الجسر في العام المقبل إن شاء الله". وأضاف أن المشروع انتهى.',
    "zh": "部长李明说：“我们明年将开放这座新的大桥，请大家放心。”他还表示预算充足。",
    "hi": 'मंत्री अनिल वर्मा ने कहा, "हम अगले साल पुल खोलेंगे और सभी को बुलाएंगे।" उन्होंने कहा कि बजट तैयार है।',
    "ja": "大臣は「来年、私たちは新しい橋を開通させるつもりです」と述べた。",
}


@pytest.mark.parametrize("language", OTHERS)
def test_without_a_lexicon_quotations_are_of_nobody(language: str) -> None:
    ((kind, speaker, _),) = told(OTHERS[language], language=language)
    assert (kind, speaker) == ("direct", None)


def test_without_a_lexicon_names_are_capitals_and_the_catalog() -> None:
    roster = Roster((Official(id="mori", name="Kenji Mori", aliases=("森健二", "森")),))
    text = (
        "Le pont de la ville a été fermé hier soir par Anne Leroux et Kenji Mori après une longue visite du chantier."
    )
    names = {entity.name: entity.confidence for entity in extract(article(text, language="fr"), roster).entities}
    assert names == {"Anne Leroux": 0.5, "Kenji Mori": 1.0}
    (found,) = extract(article("会议由森健二主持，他很满意。", language="zh"), roster).entities
    assert (found.official, [(m.start, m.end) for m in found.mentions]) == ("mori", [(3, 6)])
    german = "Gestern hat die Neue Brücke den Alten Fluss Bei Der Stadt im Großen Sturm verloren."
    assert extract(article(german, language="de"), roster).entities == ()


def test_every_lexicon_has_the_same_tables() -> None:
    every = {"cues", "words", "speakers", "media", "governments", "names", "synonyms"}
    assert all(every <= set(tables(language)) for language in LANGUAGES)
    known = set(tables("id")["setting"]) | set(tables("en")["setting"])
    for language in set(LANGUAGES) - {GENERIC}:
        assert set(tables(language)["setting"]) <= known, f"{language}: a key that nothing reads"
