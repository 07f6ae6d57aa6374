import gzip
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.news import duplicates, sketches
from pipeline.news.duplicates import Match, Root
from schemas.article import Article
from tests.invented import DAY, article, prose

CORPUS = Path(__file__).parents[3] / "shared/data/text/id-news.jsonl.gz"
SOURCE = article("source", prose(1), outlet="Harian Nusa")


def compare(later: Article, earlier: Article = SOURCE) -> Match | None:
    known = duplicates.known(earlier, sketches.read(earlier), Root(earlier.seen_at, earlier.article_id), ())
    return duplicates.compare(later, sketches.read(later), known)


def shared_postings(one: Article, other: Article) -> int:
    return len(set(sketches.read(one).postings) & set(sketches.read(other).postings[: sketches.KEPT]))


def cut(text: str, first: float, last: float) -> str:
    words = text.split()
    return " ".join(words[int(first * len(words)) : int(last * len(words))])


@pytest.mark.parametrize(
    ("text", "relation", "least"),
    [
        (prose(1).upper().replace("\n", "  "), "exact", 1.0),
        (prose(2, 20) + " " + cut(prose(1), 0.1, 1), "copy", 0.85),
        (cut(prose(1), 0, 0.7) + " " + prose(3, 60), "copy", 0.6),
        (prose(4, 200) + " " + prose(1) + " " + prose(5, 200), "copy", 0.95),
        (cut(prose(1), 0.2, 0.6), "excerpt", 0.95),
        (prose(6, 130) + " " + cut(prose(1), 0.6, 1), "derived", 0.3),
    ],
)
def test_relations(text: str, relation: str, least: float) -> None:
    later = article("later", text, outlet="Kabar Lintas")
    found = compare(later)
    assert found is not None
    assert (found.known.article_id, found.relation) == ("source", relation)
    assert least <= found.score <= 1
    assert shared_postings(later, SOURCE) > 0


def test_texts_that_share_a_paragraph_are_not_linked() -> None:
    assert compare(article("later", prose(7) + " " + cut(prose(1), 0, 0.15))) is None


def test_texts_in_two_languages_are_never_copies() -> None:
    assert compare(article("later", prose(1), language="en")) is None
    assert shared_postings(article("later", prose(1), language="en"), SOURCE) == 0


def prices(seed: int) -> str:
    random = Random(seed)
    rows = (
        f"Ukuran {name} dijual dengan harga Rp {random.randint(100, 999)}.{random.randint(100, 999)} "
        f"di semua gerai resmi kota ini mulai pagi tadi."
        for name in ("kecil", "sedang", "besar", "jumbo", "super")
    )
    return "Berikut daftar harga beras kemasan hari ini menurut dinas perdagangan setempat. " + " ".join(rows)


def test_other_figures_in_the_same_words_are_a_template_and_another_family() -> None:
    found = compare(article("later", prices(1)), article("source", prices(2)))
    assert found is not None
    assert found.relation == "template"
    assert duplicates.joined([found]) == []


def test_the_background_of_an_outlet_makes_no_family_of_its_follow_ups() -> None:
    text = prose(6, 130) + " " + cut(prose(1), 0.6, 1)
    own, other = (compare(article("later", text, outlet=outlet)) for outlet in ("Harian Nusa", "Kabar Lintas"))
    assert own is not None
    assert other is not None
    assert own.score == other.score
    assert (duplicates.joined([own]), duplicates.joined([other])) == ([], [other])


def test_a_roundup_joins_the_story_that_it_shares_most_with_and_no_other() -> None:
    roundup = article("roundup", cut(prose(1), 0, 0.9) + " " + cut(prose(2), 0, 0.6))
    matches = [compare(roundup, article(f"story{seed}", prose(seed))) for seed in (2, 1)]
    joined = duplicates.joined(duplicates.rank([match for match in matches if match]))
    assert [match.known.article_id for match in joined] == ["story1"]


def test_chinese_is_compared_by_letters() -> None:
    text = (
        "北方议会周一批准了新的渔业法案，要求所有渔船在出海前登记船员名单并公布捕捞配额，部长表示该法案将于秋季生效。"
    )
    found = compare(article("later", "据报道，" + text[:40], language="zh"), article("source", text, language="zh"))
    assert found is not None
    assert found.relation in ("copy", "excerpt")


def test_a_short_body_says_nothing_without_its_title() -> None:
    stub = "Silakan masuk untuk membaca artikel ini."
    assert (
        compare(article("b", stub, title="Gubernur resmikan jembatan"), article("a", stub, title="Kapal karam")) is None
    )
    assert compare(article("b", stub, title="Kapal karam"), article("a", stub, title="Kapal karam")) is not None


def test_an_article_without_words_is_no_copy_of_another() -> None:
    assert compare(article("b", "…", title="—"), article("a", prose(1))) is None


def test_a_sketch_of_a_long_text_is_bounded() -> None:
    reading = sketches.read(article("long", prose(1, 60_000)))
    assert 1024 < len(reading.sketch.hashes) <= 4096
    assert len(reading.postings) <= 33
    part = compare(article("later", cut(prose(1, 60_000), 0.2, 0.5)), article("source", prose(1, 60_000)))
    assert part is not None
    assert part.relation == "excerpt"


@settings(max_examples=60)
@given(st.integers(0, 9), st.integers(0, 9), st.floats(0, 1), st.integers(10, 900))
def test_containment_is_symmetric(seed: int, other_seed: int, share: float, size: int) -> None:
    one = article("one", prose(seed, 300))
    other = article("other", cut(prose(seed, 300), 0, share) + " " + prose(100 + other_seed, size))
    there, back = compare(one, other), compare(other, one)
    assert (there and (there.score, there.shared, there.same)) == (back and (back.score, back.shared, back.same))


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 400))
def test_unrelated_texts_are_not_linked(seed: int, other_seed: int, size: int) -> None:
    found = compare(article("later", prose(seed, size)), article("source", prose(other_seed + 10**7)))
    assert found is None


def test_a_root_is_overtaken_by_an_earlier_one() -> None:
    first, second, third = (Root(DAY, name) for name in "abc")
    overtaken = {"c": second, "b": first}
    assert duplicates.resolve(third, overtaken.get) == first
    assert min(third, second) == second


@pytest.mark.skipif(not CORPUS.exists(), reason=f"needs the news texts of {CORPUS.name}")
def test_cut_and_wrapped_copies_of_real_news_are_found() -> None:
    with gzip.open(CORPUS) as lines:
        texts = [json.loads(line)["text"] for _, line in zip(range(240), lines)]
    random, found = Random(5), []
    for number, text in enumerate(texts[:120]):
        start = random.uniform(0, 0.5)
        part = cut(text, start, start + random.uniform(0.4, 0.5))
        wrapped = article("later", cut(texts[239 - number], 0, 0.3) + " " + part, outlet="Kabar Lintas")
        source = article("source", text)
        found.append(shared_postings(wrapped, source) > 0 and compare(wrapped, source) is not None)
    assert sum(found) >= 0.97 * len(found)
