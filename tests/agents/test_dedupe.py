from datetime import timedelta
from itertools import permutations
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.dedupe import DEDUPE, dedupe
from pipeline.adapters.memory import LISTED, MemoryState
from pipeline.flow import Emit
from pipeline.news import duplicates, sketches
from schemas.article import Article, ArticleMarked
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED
from tests.invented import article, prose

ORIGINAL = article("original", prose(1), days=0, outlet="Harian Nusa")
COPY = article("copy", prose(2, 20) + " " + prose(1), days=1, outlet="Kabar Lintas")
CUT = article("cut", " ".join(prose(1).split()[:110]), days=2, outlet="Suara Pesisir")
OTHER = article("other", prose(9), days=0)


def mark(found: Article, state: MemoryState) -> ArticleMarked:
    outcome = dedupe(found, state=state)
    assert isinstance(outcome, Emit)
    (marked,) = outcome.records
    assert isinstance(marked, ArticleMarked)
    assert marked.article == found
    return marked


def test_the_agent_is_what_the_flow_says() -> None:
    assert (DEDUPE.reads, DEDUPE.writes, DEDUPE.ports) == ((ARTICLES_CLEANED,), (ARTICLES_MARKED,), {"state"})


def test_copies_join_the_family_of_the_first() -> None:
    state = MemoryState()
    marked = [mark(found, state) for found in (ORIGINAL, COPY, CUT, OTHER)]
    assert [found.family for found in marked] == ["original", "original", "original", "other"]
    assert marked[0].links == marked[3].links == ()
    assert [(link.of, link.relation) for link in marked[1].links] == [("original", "copy")]
    assert {link.of for link in marked[2].links} == {"original", "copy"}


def test_a_record_handled_again_comes_out_the_same() -> None:
    state = MemoryState()
    first = [mark(found, state) for found in (ORIGINAL, COPY, CUT)]
    assert [mark(found, state) for found in (ORIGINAL, COPY, CUT)] == first


def test_an_older_copy_that_comes_late_gives_its_name_to_the_family() -> None:
    state = MemoryState()
    assert [mark(found, state).family for found in (CUT, COPY)] == ["cut", "copy"]
    assert mark(ORIGINAL, state).family == "original"
    assert [mark(found, state).family for found in (CUT, COPY)] == ["original", "original"]


def test_the_last_one_names_the_earliest_whatever_the_order() -> None:
    for order in permutations((ORIGINAL, COPY, CUT)):
        state = MemoryState()
        assert [mark(found, state).family for found in order][-1] == "original"


def test_a_copy_of_two_families_makes_them_one() -> None:
    first, second = prose(1, 100).split()[:58], prose(1, 100).split()[42:]
    halves = [article(name, " ".join(part), days=day) for day, (name, part) in enumerate((("a", first), ("b", second)))]
    state = MemoryState()
    assert [mark(found, state).family for found in halves] == ["a", "b"]
    whole = article("c", prose(1, 100), days=3)
    assert mark(whole, state).family == "a"
    assert [mark(found, state).family for found in halves] == ["a", "a"]


def test_a_new_revision_replaces_the_old_one_and_is_no_copy_of_it() -> None:
    state = MemoryState()
    mark(ORIGINAL, state)
    again = msgspec.structs.replace(ORIGINAL, revision=2, text=prose(1) + " " + prose(3, 30))
    assert mark(again, state).links == ()
    rewritten = msgspec.structs.replace(ORIGINAL, revision=3, text=prose(4))
    assert mark(rewritten, state).family == "original"
    assert mark(COPY, state).links == ()


def test_a_revision_with_an_earlier_date_takes_its_family_over_and_later_ones_follow() -> None:
    state = MemoryState()
    marked = [mark(found, state) for found in (ORIGINAL, COPY)]
    assert marked[1].family == "original"
    sooner = msgspec.structs.replace(COPY, revision=2, published=ORIGINAL.seen_at.replace(year=2030))
    assert mark(sooner, state).family == "copy"
    assert mark(CUT, state).family == "copy"
    assert mark(msgspec.structs.replace(ORIGINAL, revision=2), state).family == "copy"


def test_an_article_that_a_page_declares_to_be_the_same_is_linked_whatever_its_text() -> None:
    state = MemoryState()
    mark(OTHER, state)
    same = mark(msgspec.structs.replace(COPY, same_as=("other", "unheard-of")), state)
    assert [(link.of, link.relation, link.reason) for link in same.links] == [("other", "exact", "same-page")]
    assert same.family == "other"


def test_a_revision_that_says_something_else_names_the_version_before() -> None:
    state = MemoryState()
    first = mark(ORIGINAL, state)
    touched = msgspec.structs.replace(ORIGINAL, revision=2, page="p2", text=prose(1).replace("\n", "\n "))
    corrected = msgspec.structs.replace(ORIGINAL, revision=3, page="p3", text=prose(1) + " " + prose(3, 30))
    assert [found.previous for found in (first, mark(touched, state))] == [None, None]
    marked = mark(corrected, state)
    assert marked.previous is not None
    assert (marked.previous.revision, marked.previous.page) == (2, "p2")
    assert marked.changed_at == corrected.fetched_at
    assert mark(corrected, state) == marked
    assert mark(ORIGINAL, state).previous is None
    assert mark(corrected, state) == marked


def test_what_an_older_pantau_remembered_is_still_read() -> None:
    state = MemoryState()
    mark(ORIGINAL, state)
    value = msgspec.msgpack.decode(state.get("article:original") or b"")
    state.put("article:original", msgspec.msgpack.encode(value[:11]))
    assert mark(ORIGINAL, state).family == "original"
    assert mark(msgspec.structs.replace(ORIGINAL, revision=2, text=prose(8)), state).previous is None


SLOGAN = "Ikuti saluran Warta Pesisir untuk kabar terbaru setiap hari"


def ended(seed: int, outlet: str | None = "warta.example", **options: int) -> Article:
    return article(f"s{seed}", f"{prose(seed)}\n{SLOGAN}", outlet=outlet, **options)


def handled(found: Article, state: MemoryState) -> Article:
    outcome = dedupe(found, state=state)
    assert isinstance(outcome, Emit)
    (marked,) = outcome.records
    assert isinstance(marked, ArticleMarked)
    return marked.article


def test_lines_of_a_site_are_taken_out_and_a_record_handled_again_comes_out_the_same() -> None:
    state = MemoryState()
    first = [handled(ended(seed), state) for seed in range(10)]
    assert [SLOGAN in found.text for found in first] == [True] * 6 + [False] * 4
    assert first[-1].text == prose(9)
    assert [handled(ended(seed), state) for seed in range(10)] == first
    assert SLOGAN in handled(ended(11, outlet="lain.example"), state).text
    assert SLOGAN in handled(ended(12, outlet=None), state).text


def test_revisions_and_what_repeats_the_own_site_teach_nothing() -> None:
    state = MemoryState()
    for revision in range(1, 20):
        handled(ended(1, revision=revision), state)
        text = f"{prose(1)} {prose(revision + 40, 5)}\n{SLOGAN}"
        handled(article(f"t{revision}", text, outlet="warta.example"), state)
    assert SLOGAN in handled(ended(30), state).text


@settings(max_examples=40)
@given(st.permutations(range(7)), st.data())
def test_families_are_the_same_in_every_order_once_all_are_known(order: list[int], data: st.DataObject) -> None:
    texts = [prose(1), prose(2, 15) + " " + prose(1), prose(1) + " " + prose(3, 25)] + [prose(20)] * 3 + [prose(30)]
    days = data.draw(st.lists(st.integers(0, 5), min_size=7, max_size=7))
    articles = [article(f"a{n}", text, days=day) for n, (text, day) in enumerate(zip(texts, days, strict=True))]
    state = MemoryState()
    for place in order:
        mark(articles[place], state)
    families = [mark(found, state).family for found in articles]
    for members in ((0, 1, 2), (3, 4, 5), (6,)):
        earliest = min((articles[place].seen_at, articles[place].article_id) for place in members)[1]
        assert {families[place] for place in members} == {earliest}


EDITS = ("whole", "cut", "wrapped", "another lead")


def edited(edit: str, seed: int, number: int) -> str:
    text = prose(seed, 150).split()
    strange = prose(1000 + 100 * seed + number, 60).split()
    made = {
        "whole": text,
        "cut": text[10 * (number % 4) : 100 + 10 * (number % 4)],
        "wrapped": strange[:20] + text + strange[20:],
        "another lead": strange[:40] + text[40:],
    }
    return " ".join(made[edit])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(EDITS)), max_size=9), st.data())
def test_copies_of_different_stories_fall_into_the_same_families_in_every_order(
    made: list[tuple[int, str]], data: st.DataObject
) -> None:
    """Of each story its whole text is among them; a family is named after the earliest, whenever that came."""
    stories = [(seed, "whole") for seed in {seed for seed, _ in made}] + made
    days = data.draw(st.lists(st.integers(0, 5), min_size=len(stories), max_size=len(stories)))
    articles = [
        article(f"a{n}", edited(edit, seed, n), days=day)
        for n, ((seed, edit), day) in enumerate(zip(stories, days, strict=True))
    ]
    state = MemoryState()
    for found in data.draw(st.permutations(articles)):
        mark(found, state)
    for seed in {seed for seed, _ in stories}:
        members = [found for found, (story, _) in zip(articles, stories, strict=True) if story == seed]
        earliest = min((found.seen_at, found.article_id) for found in members)[1]
        assert {mark(found, state).family for found in members} == {earliest}


def prices(number: int) -> Article:
    random = Random(number)
    rows = " ".join(
        f"Harga {name} di pasar induk hari ini Rp {random.randint(10, 99)}.{random.randint(100, 999)} per kilogram,"
        " menurut catatan dinas perdagangan kota."
        for name in ("beras", "gula", "cabai merah", "bawang putih", "daging ayam", "telur")
    )
    return article(f"p{number}", f"Berikut daftar harga kebutuhan pokok. {rows}", days=number / 100)


def test_a_storm_of_one_template_merges_nothing_and_stays_small() -> None:
    state = MemoryState()
    marked = [mark(prices(number), state) for number in range(300)]
    assert [found.family for found in marked] == [f"p{number}" for number in range(300)]
    assert {link.relation for found in marked for link in found.links} == {"template"}
    assert max(len(found.links) for found in marked) <= duplicates.LINKS
    asked = sketches.read(prices(300)).postings
    assert len(state.find(asked, 10_000)) <= LISTED * len(asked)
    later = prices(17).fetched_at + timedelta(days=9)
    copied = msgspec.structs.replace(prices(17), article_id="copy", fetched_at=later)
    assert mark(copied, state).family == "p17"


def test_a_turn_of_speech_that_many_have_makes_no_candidate_and_a_short_text_that_many_have_does() -> None:
    state = MemoryState()
    phrase = "kata juru bicara dinas perdagangan kota itu"
    for number in range(duplicates.RARE + 1):
        mark(article(f"t{number}", f"{prose(number + 50, 5)} {phrase} {prose(number + 90, 5)}"), state)
        mark(article(f"s{number}", "Laut tenang.", title="Cuaca"), state)
    reading = sketches.read(article("later", f"{prose(7, 12)} {phrase} {prose(8, 12)}"))
    assert len(state.find(reading.postings, 99)) > duplicates.RARE
    assert state.find(reading.postings, 99, duplicates.rare(reading)) == []
    assert mark(article("short", "Laut tenang.", title="Cuaca"), state).family == "s0"


def test_what_expired_is_no_longer_a_source() -> None:
    state = MemoryState()
    mark(ORIGINAL, state)
    state.expire(ORIGINAL.fetched_at + timedelta(days=2), 100)
    assert mark(COPY, state).links == ()


def test_the_name_of_a_family_outlives_the_article_that_gave_it() -> None:
    state = MemoryState()
    assert [mark(found, state).family for found in (COPY, ORIGINAL)] == ["copy", "original"]
    late = msgspec.structs.replace(COPY, article_id="late", fetched_at=COPY.fetched_at + timedelta(days=1))
    mark(late, state)
    state.expire(late.fetched_at, 100)
    last = msgspec.structs.replace(COPY, article_id="last", fetched_at=late.fetched_at + timedelta(days=1))
    assert mark(last, state).family == "original"
    assert [link.of for link in mark(last, state).links] == ["late"]


def test_links_say_which_passages_are_shared() -> None:
    state = MemoryState()
    mark(ORIGINAL, state)
    (link,) = mark(COPY, state).links
    (span,) = link.passages
    assert " ".join(COPY.text[span.start : span.end].split()) == " ".join(ORIGINAL.text.split())
    assert 0.85 < link.share < 1
