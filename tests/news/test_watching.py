from datetime import date

import msgspec
import pytest

from pipeline.news import watching
from pipeline.news.documents import statement_document
from pipeline.news.queries import matches, parse
from pipeline.news.watching import News, Told
from schemas.catalog import Official, Role, Snapshot, Watch
from schemas.statement import StatementMade, StatementRecorded, Utterance
from tests.invented import DAY, made

RATNA = Official(
    id="ratna",
    name="Ratna Kusuma",
    aliases=("Bu Ratna",),
    groups=("kabinet",),
    roles=(
        Role(title="Menteri Perairan", aliases=("Menperair",), since=date(2030, 1, 1), until=date(2032, 1, 1)),
        Role(title="Gubernur Selayar", until=date(2030, 1, 1)),
    ),
)
TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka"


def recorded(statement: StatementMade | None = None, **utterance: object) -> StatementRecorded:
    found = statement or made("a.1", TEXT, official="ratna", speaker_id="ratna")
    place = Utterance(**({"utterance_id": "a.1", "novelty": "new", "first_seen": DAY} | utterance))
    return StatementRecorded(statement=found.statement, carrier=found.carrier, utterance=place)


def concerned(watch: Watch, found: StatementRecorded) -> bool:
    plan = watching.plan(Snapshot(officials=(RATNA,), watches=(watch,)))
    return watching.concerned(statement_document(found), plan) == [watch]


def watch(**conditions: object) -> Watch:
    return Watch(id="w", name="Perairan", **conditions)


@pytest.mark.parametrize(
    ("who", "meets"),
    [
        ((), True),
        (("ratna",), True),
        (("Ratna Kusuma",), True),
        (("ratna kusuma",), True),
        (("BU RATNA",), True),
        (("role:menteri perairan",), True),
        (("role:Menperair",), True),
        (("arga", "ratna"), True),
        (("role:Gubernur Selayar",), False),
        (("arga",), False),
        (("Kusuma",), False),
        (("group:kabinet",), True),
        (("group:Kabinet",), True),
        (("group:parlemen",), False),
        (("role:Minister of Waters",), False),
    ],
)
def test_whom_a_watch_listens_to(who: tuple[str, ...], meets: bool) -> None:
    assert concerned(watch(who=who), recorded()) is meets


@pytest.mark.parametrize(
    ("who", "meets"),
    [
        ("role:Menteri Luar Negeri", True),
        ("role:Menlu", True),
        ("role:foreign minister", True),
        ("role:Menteri Pertahanan", False),
    ],
)
@pytest.mark.parametrize(("days", "in_office"), [(0, True), (400, False)])
def test_an_office_is_whoever_holds_it_that_day_in_any_words(who: str, meets: bool, days: int, in_office: bool) -> None:
    tirta = Official(id="tirta", name="Tirta Jaya", roles=(Role(title="Menteri Luar Negeri", until=date(2031, 12, 1)),))
    plan = watching.plan(Snapshot(officials=(tirta,), watches=(watch(who=(who,)),)))
    found = recorded(made("a.1", TEXT, official="tirta", speaker_id="tirta", days=days))
    assert bool(watching.concerned(statement_document(found), plan)) is (meets and in_office)


def test_who_held_an_office_is_asked_for_the_day_of_speaking_where_it_is_told() -> None:
    plan = watching.plan(Snapshot(officials=(RATNA,), watches=(watch(who=("role:Gubernur Selayar",)),)))
    found = recorded()
    said = msgspec.structs.replace(found.statement, said_on=date(2029, 12, 31))
    assert not watching.concerned(statement_document(found), plan)
    assert watching.concerned(statement_document(msgspec.structs.replace(found, statement=said)), plan)


def test_a_speaker_that_nobody_tracks_is_watched_by_id_or_name() -> None:
    found = recorded(made("a.1", TEXT, speaker="Arga Sembiring", speaker_id="person:arga-sembiring"))
    assert concerned(watch(who=("person:arga-sembiring",)), found)
    assert concerned(watch(who=("arga sembiring",)), found)
    assert not concerned(watch(who=("ratna",)), found)


def test_a_role_without_a_name_is_watched_by_its_id() -> None:
    found = recorded(made("a.1", TEXT, speaker=None, speaker_id="role:menteri-perairan"))
    assert concerned(watch(who=("role:menteri-perairan",)), found)


@pytest.mark.parametrize(
    ("conditions", "meets"),
    [
        ({"about": "patroli"}, True),
        ({"about": '"kapal patroli" AND language:id'}, True),
        ({"about": "pupuk"}, False),
        ({"about": "patroli AND NOT Malaka"}, False),
        ({"kinds": ("indirect",)}, False),
        ({"kinds": ("direct", "mixed")}, True),
        ({"confidence": 0.9}, True),
        ({"confidence": 0.91}, False),
        ({"paused": True}, False),
        ({"who": ("ratna",), "about": "patroli"}, True),
        ({"who": ("arga",), "about": "patroli"}, False),
    ],
)
def test_conditions(conditions: dict[str, object], meets: bool) -> None:
    assert concerned(watch(**conditions), recorded()) is meets


def test_a_watch_that_lists_a_speaker_twice_is_concerned_once() -> None:
    assert concerned(watch(who=("ratna", "Bu Ratna", "Ratna Kusuma")), recorded())


def test_a_query_that_cannot_be_understood_does_not_stop_the_others() -> None:
    broken, good = msgspec.structs.replace(watch(about='"patroli'), id="broken"), watch(about="patroli")
    plan = watching.plan(Snapshot(watches=(broken, good)))
    assert list(plan.broken) == ["broken"]
    assert plan.broken["broken"]
    assert watching.concerned(statement_document(recorded()), plan) == [good]


def test_a_plan_is_made_once_for_each_snapshot() -> None:
    one, other = Snapshot(watches=(watch(),)), Snapshot(watches=(watch(),))
    assert watching.plan(one) is watching.plan(one)
    assert watching.plan(one) is not watching.plan(other)


def test_a_thousand_watches_on_others_are_not_looked_at() -> None:
    watches = tuple(Watch(id=f"w{n}", name="x", who=(f"person:p{n}",), about="patroli") for n in range(1000))
    plan = watching.plan(Snapshot(watches=watches))
    found = recorded(made("a.1", TEXT, speaker_id="person:p7"))
    assert [watch.id for watch in watching.concerned(statement_document(found), plan)] == ["w7"]


TOLD_BY_OTHER = Told("other.1", 1, DAY)
TOLD_BY_THIS = Told("a.1", 1, DAY)
BOTH, NEW, VERSION = ("utterance", "version"), ("utterance",), ("version",)


@pytest.mark.parametrize(
    ("novelty", "wanted", "told", "news"),
    [
        ("new", BOTH, {}, [News.UTTERANCE]),
        ("repeat", BOTH, {}, [News.UTTERANCE]),
        ("version", BOTH, {}, [News.UTTERANCE]),
        ("version", NEW, {}, [News.UTTERANCE]),
        ("version", VERSION, {}, [News.VERSION]),
        ("new", VERSION, {}, []),
        ("repeat", BOTH, {News.UTTERANCE: TOLD_BY_OTHER}, []),
        ("version", BOTH, {News.UTTERANCE: TOLD_BY_OTHER}, [News.VERSION]),
        ("version", NEW, {News.UTTERANCE: TOLD_BY_OTHER}, []),
        ("version", BOTH, {News.UTTERANCE: TOLD_BY_OTHER, News.VERSION: TOLD_BY_OTHER}, []),
        ("new", BOTH, {News.UTTERANCE: TOLD_BY_THIS}, [News.UTTERANCE]),
        ("version", BOTH, {News.UTTERANCE: TOLD_BY_THIS}, [News.UTTERANCE]),
        ("version", BOTH, {News.UTTERANCE: TOLD_BY_OTHER, News.VERSION: TOLD_BY_THIS}, [News.VERSION]),
        ("repeat", BOTH, {News.UTTERANCE: Told("a.1", 0, DAY)}, []),
        ("new", ("first",), {}, [News.FIRST]),
        ("new", ("first",), {News.FIRST: TOLD_BY_OTHER}, []),
        ("new", ("first", "utterance"), {}, [News.FIRST]),
        ("new", ("first", "utterance"), {News.FIRST: TOLD_BY_OTHER}, [News.UTTERANCE]),
        ("repeat", ("first",), {News.FIRST: TOLD_BY_THIS}, [News.FIRST]),
    ],
)
def test_what_there_is_to_tell(novelty: str, wanted: tuple[str, ...], told: dict[News, Told], news: list[News]) -> None:
    assert watching.news(recorded(novelty=novelty), watch(novelty=wanted), told.get) == news


@pytest.mark.parametrize(
    ("outlets", "families", "told", "news"),
    [
        (("a", "b", "c"), 3, {}, [News.CARRIED]),
        (("a", "b", "c"), 2, {}, []),
        (("a", "b"), 5, {}, []),
        (("a", "b", "c", "d"), 4, {News.CARRIED: TOLD_BY_OTHER}, []),
        (("a", "b", "c"), 3, {News.CARRIED: TOLD_BY_THIS}, [News.CARRIED]),
    ],
)
def test_what_many_outlets_carry_is_told_once_and_copies_count_once(
    outlets: tuple[str, ...], families: int, told: dict[News, Told], news: list[News]
) -> None:
    found = recorded(novelty="repeat", outlets=outlets, families=families)
    assert watching.news(found, watch(novelty=("carried",), outlets=3), told.get) == news


QUERIES = (
    "patroli", "kapal patroli", "kapal OR pupuk", "pupuk OR bensin", '"kapal patroli"', '"tiga kapal"~4', "patrol*",
    "NOT pupuk", "kapal -pupuk", "language:id", "language:en", "kind:direct", "speaker:ratna", "text:perairan",
    "title:judul", "kapal AND (tiga OR empat)", "menyiapkan", "disiapkan", "siap", '"tiga kap"*', "pat?oli", "*",
    "_exists_:outlet", "confidence:>0.8", "outlet:warta", "published:>2020", "language:id AND pupuk",
)  # fmt: skip


@pytest.mark.parametrize("text", [TEXT, "Bensin tidak naik", "Three patrol ships are ready in the strait", ""])
@pytest.mark.parametrize("language", ["id", "en", "ja"])
def test_watches_that_are_looked_up_by_terms_are_those_whose_query_holds(text: str, language: str) -> None:
    watches = tuple(Watch(id=f"w{n:02}", name="x", about=query) for n, query in enumerate(QUERIES))
    plan = watching.plan(Snapshot(watches=watches))
    assert not plan.broken
    found = recorded(made("a.1", text, language=language, outlet="warta.example"))
    document = statement_document(found)
    expected = [w for w in watches if matches(parse(w.about or "", "statements"), document)]
    assert watching.concerned(statement_document(found), plan) == expected


def test_the_id_of_an_alert_depends_on_watch_utterance_and_reason_only() -> None:
    one = watching.alert_id(recorded(), watch(), News.UTTERANCE)
    assert one == watching.alert_id(recorded(made("b.7", TEXT)), watch(about="patroli"), News.UTTERANCE)
    others = {
        watching.alert_id(recorded(), watch(), News.VERSION),
        watching.alert_id(recorded(utterance_id="b.1"), watch(), News.UTTERANCE),
        watching.alert_id(recorded(), msgspec.structs.replace(watch(), id="v"), News.UTTERANCE),
    }
    assert len({one, *others}) == 4


@pytest.mark.parametrize(
    ("found", "conditions", "reason", "why"),
    [
        (
            recorded(novelty="repeat", outlets=("a", "b", "c"), families=4),
            {},
            News.CARRIED,
            "Anyone is watched and the statement is carried by 3 independent outlets by now.",
        ),
        (
            recorded(),
            {},
            News.FIRST,
            "Anyone is watched and the statement is the first of this speaker that the watch hears.",
        ),
        (
            recorded(),
            {"who": ("ratna",)},
            News.UTTERANCE,
            "Ratna Kusuma is watched and the statement was not heard before.",
        ),
        (
            recorded(novelty="repeat"),
            {"who": ("ratna",), "about": "patroli"},
            News.UTTERANCE,
            'Ratna Kusuma is watched, the statement matches "patroli" and it was heard before '
            "but this watch was not told.",
        ),
        (
            recorded(novelty="version", added=("mulai", "Juni")),
            {},
            News.VERSION,
            'Anyone is watched and the statement adds "mulai Juni" to what was heard before.',
        ),
    ],
)
def test_why(found: StatementRecorded, conditions: dict[str, object], reason: News, why: str) -> None:
    assert watching.why(found, watch(**conditions), reason) == why
