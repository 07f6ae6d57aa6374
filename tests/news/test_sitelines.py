"""Lines that come back on many stories of a host. All outlets are invented."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import sitelines
from pipeline.news.mapping import line_runs, page_span
from pipeline.news.sitelines import Site, counted, cuts, without
from schemas.article import Run
from schemas.version import Cut
from tests.invented import DAY, article, prose

SLOGAN = "Ikuti saluran Warta Pesisir untuk kabar terbaru setiap hari"


def story(seed: int, line: str = SLOGAN) -> str:
    return f"{prose(seed)}\n{line}"


def learned(texts: list[str], days: float = 0.1) -> Site:
    site = Site()
    for place, text in enumerate(texts):
        site = counted(text, f"family-{place}", DAY + timedelta(days=place * days), site)
    return site


def cut_lines(text: str, site: Site) -> list[str]:
    return [text[cut.start : cut.end] for cut in cuts(text, site)]


SITE = learned([story(seed) for seed in range(sitelines.FAMILIES)])


def test_a_line_under_many_stories_belongs_to_the_site() -> None:
    assert cut_lines(story(99), SITE) == [SLOGAN]
    assert cut_lines(story(99), learned([story(seed) for seed in range(sitelines.FAMILIES - 1)])) == []


def test_copies_of_one_story_count_once() -> None:
    site = Site()
    for seed in range(20):
        site = counted(story(seed), "one-family", DAY, site)
    assert cuts(story(99), site) == ()


@pytest.mark.parametrize(
    "line",
    ['"Kami siap bekerja," kata Gubernur', "Korban tercatat 12 orang", "Penyebabnya adalah:", "‘Kami siap’ ujarnya"],
)
def test_quotations_figures_and_announcements_stay(line: str) -> None:
    assert cuts(story(99, line), learned([story(seed, line) for seed in range(30)])) == ()


def test_a_line_in_the_middle_or_at_the_beginning_stays() -> None:
    for make in (lambda seed: f"{SLOGAN}\n{prose(seed)}", lambda seed: f"{prose(seed)}\n{SLOGAN}\n{prose(-seed)}"):
        assert cuts(make(99), learned([make(seed) for seed in range(30)])) == ()


def test_a_rare_line_of_a_large_host_stays() -> None:
    rare = [story(seed, SLOGAN if seed % 60 == 0 else prose(-seed, 8)) for seed in range(600)]
    assert cuts(story(999), learned(rare, 0.01)) == ()


def test_never_more_than_a_third_of_an_article_is_cut() -> None:
    short = f"{prose(1, 8)}\n{SLOGAN}"
    assert cuts(short, SITE) == ()


def test_a_line_that_was_not_seen_for_long_is_forgotten() -> None:
    later = counted(prose(50), "late", DAY + timedelta(days=sitelines.DAYS + 5), SITE)
    assert cut_lines(story(99), later) == []


def test_the_memory_of_a_host_has_a_limit_and_keeps_what_comes_back() -> None:
    site = learned([story(seed) for seed in range(400)], 0.01)
    assert len(site.lines) <= sitelines.REMEMBERED * sitelines._LINE.itemsize
    assert cut_lines(story(999), site) == [SLOGAN]


@given(st.lists(st.text("ab c", min_size=1, max_size=9), min_size=1, max_size=8), st.data())
def test_what_is_left_stands_where_it_stood_in_the_page(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    page = "<p>" + text.replace("\n", "</p><p>") + "</p>"
    starts = [sum(len(line) + 1 for line in lines[:place]) for place in range(len(lines))]
    pieces = [(start, start + len(line), 3 + start + 6 * n) for n, (start, line) in enumerate(zip(starts, lines))]
    runs = line_runs(pieces, text, page)
    gone = data.draw(st.sets(st.sampled_from(range(len(lines)))))
    given = msgspec.structs.replace(article("a", text), maps={"body": runs})
    cut = [Cut(starts[place], starts[place] + len(lines[place])) for place in sorted(gone)]
    found = without(given, cut)
    assert found.text == "\n".join(line for place, line in enumerate(lines) if place not in gone)
    for run in found.maps["body"]:
        assert found.text[run.text : run.text + run.length] == page[run.page : run.page + run.length]
    for place, line in enumerate(lines):
        if place not in gone and line.strip():
            at = sum(len(lines[n]) + 1 for n in range(place) if n not in gone)
            assert page_span(found.maps["body"], at, at + len(line)) == page_span(
                runs, starts[place], starts[place] + len(line)
            )
    removed = {page[one.start : one.end].strip() for one in found.removed}
    assert removed - {""} == {lines[n].strip() for n in gone} - {""}
    assert all(one.reason == sitelines.REASON for one in found.removed)


def test_lines_that_stand_together_stay_in_one_run() -> None:
    text = f"satu\ndua\n{SLOGAN}"
    given = msgspec.structs.replace(article("a", text), maps={"body": (Run(0, 10, len(text)),)})
    assert without(given, [Cut(9, len(text))]).maps["body"] == (Run(0, 10, 8),)
