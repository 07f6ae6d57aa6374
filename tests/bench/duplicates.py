"""Copies of articles: how many are found, what is linked in error, what a million of articles cost."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from pipeline.adapters.memory import MemoryState
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.evaluation import duplicates as evaluation
from pipeline.evaluation.duplicates import Case, Found, cases_of
from pipeline.news import duplicates, sketches
from pipeline.ports import State
from schemas.article import Article
from tests.bench import copies
from tests.bench.chain import apart
from tests.bench.copies import Copy, containment, made, news, shingles
from tests.bench.corpus import NEWS

ALL = 21_916
ROUND = 200
FALSE_BELOW = 0.25
"""A link between texts of which the shorter has less of the longer is false; .18 is what unrelated texts reach."""


def report(folder: Path, size: int) -> None:
    """Print all figures, and write plots and the false links into the folder."""
    if not NEWS.exists():
        print(f"\ncopies: needs the news texts {NEWS}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    quality(folder)
    false_links(folder)
    speed()
    storm(10_000)
    growth(folder, size)


# --- quality


class Trial(NamedTuple):
    """Sources and their copies, in random order of arrival."""

    cases: list[Case]
    copies: dict[str, Copy]


def trial(count: int, seed: int) -> Trial:
    """Copies made of as many of the first `count` articles as are unrelated."""
    sources, found = copies.copies(copies.unrelated(news(count)), seed)
    families = {source.article_id: [source.article_id] for source in sources}
    for copy in found:
        families[copy.source].append(copy.article.article_id)
    arriving = [*sources, *(copy.article for copy in found)]
    Random(seed).shuffle(arriving)
    return Trial(cases_of(arriving, families.values()), {copy.article.article_id: copy for copy in found})


def recall_by_share(trial: Trial, found: Found) -> dict[float, tuple[int, int]]:
    """Per share (containment in steps of .05): how many copies met an earlier source, how many were linked to it."""
    counts: dict[float, tuple[int, int]] = {}
    met: set[str] = set()
    for case, linked in zip(trial.cases, found.links):
        copy = trial.copies.get(case.article.article_id)
        if copy and copy.source in met:
            step = int(copy.containment * 20) / 20
            there, hit = counts.get(step, (0, 0))
            counts[step] = (there + 1, hit + (copy.source in linked))
        met.add(case.article.article_id)
    return dict(sorted(counts.items()))


def recall_from(counts: dict[float, tuple[int, int]], share: float) -> float:
    """The recall over all shares from one on."""
    there, hit = (sum(count[place] for step, count in counts.items() if step >= share - 1e-9) for place in (0, 1))
    return hit / max(1, there)


def quality(folder: Path) -> None:
    """Print recall and families of Pantau and of MinHash on the same copies; plot recall against share."""
    run = trial(ALL, 7)
    sources = len(run.cases) - len(run.copies)
    print(f"\n{len(run.copies):,} copies of {sources:,} unrelated articles, in random order")
    print("  program   recall of copies with >= .3   false links/article   B-cubed F1 (P, R)        articles/CPU s")
    curves = {}
    arriving = [case.article for case in run.cases]
    results = {"pantau": evaluation.ours(arriving, MemoryState()), "minhash": evaluation.minhash(arriving)}
    for name, found in results.items():
        curves[name] = recall_by_share(run, found)
        wrong = sum(map(len, evaluation.false_links(run.cases, found.links))) / len(run.cases)
        cubed = evaluation.b_cubed([case.family for case in run.cases], found.families)
        print(
            f"  {name:8}  {recall_from(curves[name], 0.3):27.4f}   {wrong:19.5f}   {cubed.f1:.4f}"
            f" ({cubed.precision:.4f}, {cubed.recall:.4f})   {len(run.cases) / found.seconds:,.0f}"
        )
    print("  goals: recall .97, B-cubed F1 .97")
    by_kind(run, results["pantau"])
    plot(
        folder / "recall.png",
        "share of the shorter text that both have",
        "copies that were linked with their source",
        {
            name: [(step + 0.025, hit / there) for step, (there, hit) in curve.items() if there]
            for name, curve in curves.items()
        },
    )


def by_kind(run: Trial, found: Found) -> None:
    """Print how many copies of each kind are linked with a relative."""
    hits: dict[str, list[bool]] = {}
    for case, hit in zip(run.cases, evaluation.hits_of(run.cases, found.links)):
        copy = run.copies.get(case.article.article_id)
        if copy and copy.containment >= 0.3:
            hits.setdefault(copy.kind, []).extend(hit)
    print("  linked with a relative: " + ", ".join(f"{kind} {statistics.mean(hit):.4f}" for kind, hit in hits.items()))


def false_links(folder: Path) -> None:
    """Print what is linked in error among the real articles, and write the list."""
    articles = {article.article_id: article for article in news(ALL)}
    state, rows, linked = MemoryState(), [], 0
    for article in articles.values():
        marked = evaluation.marked(article, state)
        linked += bool(marked.links)
        for link in marked.links:
            if link.relation != "template":
                other = articles[link.of]
                true = containment(shingles(article), shingles(other))
                rows.append((true, link.relation, link.score, article.article_id, article.title, link.of, other.title))
    rows.sort()
    wrong = [row for row in rows if row[0] < FALSE_BELOW]
    (folder / "false-links.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in wrong))
    print(f"\n{len(articles):,} real articles: {linked:,} have links, {len(rows):,} links")
    for least in (0.18, FALSE_BELOW, 0.3):
        count = sum(row[0] < least for row in rows)
        print(f"  links of texts that share less than {least:.2f}: {count:4} ({count / len(articles):.1e} per article)")
    print(f"  goal 1e-3 below {FALSE_BELOW}; the list is in {folder / 'false-links.tsv'}")


# --- cost


def speed() -> None:
    """Print articles per CPU second, each figure the best of three runs in processes of their own."""
    print("\n10,000 real articles, best of three: asking what is alike, comparing it and putting the article in")
    for name, function, goal in (("in memory", in_memory, 5000), ("through SQLite", in_store, 2500)):
        print(f"  {name:15} {max(apart(function, 10_000) for _ in range(3)):7,.0f} per CPU second (goal {goal:,})")
    print("  the whole step, which also reads texts, keeps versions and counts lines of sites:")
    print(f"  through SQLite  {max(apart(whole, 10_000) for _ in range(3)):7,.0f} per CPU second")


def in_memory(count: int) -> float:
    """Articles per CPU second over a memory."""
    return _asked(news(count), MemoryState(), nullcontext)


def in_store(count: int) -> float:
    """The same over the file that a runner uses, in its transactions."""
    with tempfile.TemporaryDirectory() as folder:
        broker = SqliteBroker(Path(folder) / "flow.db")
        return _asked(news(count), broker.state("dedupe"), broker.transaction)


def _asked(articles: Sequence[Article], state: State, transaction: Callable[[], AbstractContextManager[None]]) -> float:
    known, seconds = msgspec.msgpack.Decoder(duplicates.Known), 0.0
    for start in range(0, len(articles), ROUND):
        readings = [(article, sketches.read(article)) for article in articles[start : start + ROUND]]
        began = time.process_time()
        with transaction():
            for article, reading in readings:
                candidates = state.find(reading.postings, duplicates.CANDIDATES, duplicates.rare(reading))
                near = [known.decode(value) for _, value in candidates]
                matches = [found for other in near if (found := duplicates.compare(article, reading, other))]
                root = duplicates.Root(article.seen_at, article.article_id)
                links = duplicates.links(article, reading, duplicates.rank(matches))
                value = msgspec.msgpack.encode(duplicates.known(article, reading, root, links))
                kept = reading.postings[: sketches.KEPT]
                state.put(f"article:{article.article_id}", value, kept, at=article.fetched_at)
        seconds += time.process_time() - began
    return len(articles) / seconds


def whole(count: int) -> float:
    """Articles per CPU second of the whole step over the file that a runner uses."""
    articles = news(count)
    with tempfile.TemporaryDirectory() as folder:
        broker = SqliteBroker(Path(folder) / "flow.db")
        return count / sum(_rounds(broker, articles))


def _rounds(broker: SqliteBroker, articles: Sequence[Article]) -> Iterator[float]:
    """CPU seconds of each round."""
    state = broker.state("dedupe")
    for start in range(0, len(articles), ROUND):
        began = time.process_time()
        with broker.transaction():
            for article in articles[start : start + ROUND]:
                with broker.tentative():
                    evaluation.marked(article, state)
        yield time.process_time() - began


def prices(number: int) -> Article:
    """A page of a template with figures of its own."""
    random = Random(number)
    rows = " ".join(
        f"Harga {name} di pasar induk hari ini Rp {random.randint(10, 99)}.{random.randint(100, 999)} per kilogram,"
        f" kemarin Rp {random.randint(10, 99)}.{random.randint(100, 999)}, menurut catatan dinas perdagangan kota."
        for name in ("beras", "gula", "cabai merah", "bawang putih", "daging ayam", "telur")
    )
    return made(f"p{number}", f"Berikut daftar harga kebutuhan pokok hari ini. {rows}", number, "Harga", "Kabar Pasar")


def storm(count: int) -> None:
    """Print what pages of one template lead to."""
    seconds, families, relations, kept = apart(_storm, count)
    print(f"\n{count:,} pages of one template with other figures: {count / seconds:,.0f} per CPU second")
    print(f"  {families:,} families (as many as pages), relations {relations}, {kept:,.0f} bytes a page")


def _storm(count: int) -> tuple[float, int, list[str], float]:
    with tempfile.TemporaryDirectory() as folder:
        broker = SqliteBroker(Path(folder) / "flow.db")
        start, marked = time.process_time(), []
        for number in range(0, count, ROUND):
            with broker.transaction():
                marked += [evaluation.marked(prices(n), broker.state("dedupe")) for n in range(number, number + ROUND)]
        seconds = time.process_time() - start
        broker.close()
        relations = {link.relation for found in marked for link in found.links}
        return seconds, len({found.family for found in marked}), sorted(relations), _size(Path(folder)) / count


class Point(NamedTuple):
    """What an article costs at one size of the state: microseconds of CPU, and the same over a fixed piece of work.

    `resident` is the most memory that the whole process had so far, `bare` what it had before there was a state.
    """

    size: int
    cost: float
    relative: float
    disk: int
    resident: float
    bare: float


WINDOW = 4000
"""Articles that are measured at each size, the same each time; those before are put into the state without reading."""
SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


def growth(folder: Path, size: int) -> None:
    """Print what articles cost while the state grows to `size`; plot it."""
    print(f"\nstate of {size:,} articles in SQLite: sketches of real articles, nine of ten keys made different")
    points = apart(_growth, size)
    print("  articles   CPU us/article   over fixed work   bytes/article   resident MB")
    for point in points:
        print(
            f"  {point.size:9,}   {point.cost:14.0f}   {point.relative:15.2f}   {point.disk / point.size:13,.0f}"
            f"   {point.resident:11,.0f}"
        )
    at = {point.size: point.relative for point in points}
    print(f"  last over that of 10,000: {points[-1].relative / at[10_000]:.2f} (goal 1.5 at most)")
    print("  cost: the mean of the whole step, with what moves postings into blocks now and then")
    bare = f"{points[0].bare:,.0f} MB of it before there is a state"
    print(f"  resident: the peak of the whole process, which has {ROUND} articles at hand; {bare}")
    print("  goals for 1,000,000: 900 bytes/article, 300 MB")
    plot(
        folder / "cost.png",
        "articles remembered",
        "CPU microseconds per article",
        {"through SQLite": [(point.size, point.cost) for point in points]},
    )


def _growth(size: int) -> list[Point]:
    points = list[Point]()
    bare = _peak()
    with tempfile.TemporaryDirectory() as folder:
        broker, done, more = SqliteBroker(Path(folder) / "flow.db"), 0, _sketched()
        for turn, target in enumerate((*(known for known in SIZES if known < size), size), 1):
            _fill(broker, islice(more, target - WINDOW - done))
            costs, fixed, window = [], [], _window()
            while articles := list(islice(window, ROUND)):
                again = [_again(article, turn) for article in articles]
                costs += [seconds / ROUND for seconds in _rounds(broker, again)]
                fixed.append(_fixed())
            cost, done = statistics.mean(costs), target
            relative = cost / statistics.mean(fixed)
            points.append(Point(done, cost * 1e6, relative, _size(Path(folder)), _peak(), bare))
    return points


def _peak() -> float:
    """Megabytes that this process had resident at most. (`ru_maxrss` would count those of its parent.)"""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _window() -> Iterator[Article]:
    """The same articles each time, one after the other."""
    chosen = frozenset(Random(1).sample(range(ALL), WINDOW))
    return (article for number, article in enumerate(copies.stream()) if number in chosen)


def _fixed() -> float:
    """CPU seconds of a piece of work that does not depend on what is remembered: how fast the machine is now."""
    text, start = (
        made("fixed", " ".join("kata" + "abcdefg"[n * n % 7] * (n % 5) for n in range(230)), 0),
        time.process_time(),
    )
    for _ in range(40):
        sketches.read(text)
    return (time.process_time() - start) / 40


def _endless() -> Iterator[Article]:
    while True:
        yield from copies.stream()


def _again(article: Article, turn: int) -> Article:
    """The article in other words for each turn, but for one sentence in ten."""
    random, end = Random(f"{article.article_id} {turn}"), f"q{turn:x}"
    text = ". ".join(
        sentence if random.random() < 0.1 else " ".join(f"{word}{end}" for word in sentence.split())
        for sentence in article.text.split(". ")
    )
    return made(f"{article.article_id}-{turn:014}", text, 0, article.title, article.outlet)


Sketched = tuple[duplicates.Known, list[int]]


def _sketched() -> Iterator[Sketched]:
    """What is remembered of real articles, and then of as many others whose shingles and nine of ten keys differ."""
    for number, article in enumerate(_endless()):
        turn = number // ALL
        reading = sketches.read(article)
        sketch = reading.sketch._replace(hashes=sorted(found ^ turn & 0xFFFF for found in reading.sketch.hashes))
        random = Random(number)
        keys = [key if random.random() < 0.1 else key ^ turn << 7 for key in reading.postings[: sketches.KEPT]]
        new = made(f"{number:020x}f", article.text, number // 8, article.title, article.outlet)
        root = duplicates.Root(new.seen_at, new.article_id)
        yield duplicates.known(new, reading._replace(sketch=sketch), root, ()), keys


def _fill(broker: SqliteBroker, more: Iterator[Sketched]) -> None:
    state = broker.state("dedupe")
    while batch := list(islice(more, ROUND)):
        with broker.transaction():
            for known, keys in batch:
                value = msgspec.msgpack.encode(known)
                state.put(f"article:{known.article_id}", value, keys, at=known.seen_at)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def plot(path: Path, across: str, up: str, curves: dict[str, list[tuple[float, float]]]) -> None:
    """Write a picture of curves."""
    figures: Any = import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, points in curves.items():
        axes.plot(*zip(*points), marker="." if len(points) < 50 else None, label=name)
    axes.set(xlabel=across, ylabel=up, ylim=(0, None))
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    print(f"  plot: {path}")
