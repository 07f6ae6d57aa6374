from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec

from pipeline.news.comparison import Contradiction
from pipeline.news.documents import statement_document
from pipeline.news.utterances import Names, completed, disputed, utterances, wordings
from schemas.documents import StatementDocument
from schemas.statement import Utterance
from tests.invented import DAY, made, recorded

TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
INDIRECT = "pihaknya telah menyiapkan tiga kapal patroli baru guna mengawasi perairan Teluk Malaka"
FULLER = TEXT[:-1] + ". Awak kapal direkrut dari desa nelayan setempat mulai bulan Juni,"


def said(id: str, text: str, of: str = "u", former: tuple[str, ...] = (), **about: Any) -> StatementDocument:
    utterance = Utterance(utterance_id=of, novelty="repeat", first_seen=DAY, former=former)
    return statement_document(recorded(made(id, text, **about), utterance))


SAID = (
    said("b.1", INDIRECT, kind="indirect", days=1, outlet="Kabar Lintas"),
    said("a.1", TEXT, outlet="Harian Nusa"),
    said("c.1", TEXT.replace("tiga", "lima"), family="a", outlet="Suara Pesisir"),
    said("d.1", FULLER, days=2, outlet="Harian Nusa", former=("v",)),
    said("e.1", TEXT.upper(), of="v", days=3, outlet="Warta Kota"),
)


def test_a_record_is_the_same_whatever_the_order_of_its_statements() -> None:
    (heard,) = utterances(SAID)
    assert all(utterances(order) == [heard] for order in permutations(SAID))
    assert (heard.utterance, heard.former, heard.wording) == ("u", ("v",), FULLER)
    assert (heard.first_seen, heard.last_seen) == (DAY, DAY + timedelta(days=3))
    assert (heard.articles, heard.families) == (5, 4)
    assert heard.outlets == ("Harian Nusa", "Suara Pesisir", "Kabar Lintas", "Warta Kota")


def test_wordings_relate_to_the_fullest_verbatim_one() -> None:
    (heard,) = utterances(SAID)
    assert [(one.relation, [s.id for s in one.carriers]) for one in wordings(heard)] == [
        ("verbatim", ["d.1"]),
        ("shortened", ["a.1"]),
        ("altered", ["c.1"]),
        ("paraphrased", ["b.1"]),
        ("shortened", ["e.1"]),
    ]


def test_versions_and_contradictions_are_found_in_order_of_time() -> None:
    (heard,) = utterances(SAID)
    assert [(version.statement.id, version.added[:2]) for version in heard.versions] == [("d.1", ("Awak", "direkrut"))]
    found = disputed(heard)
    assert found[0].contradiction == Contradiction("number", "tiga", "lima")
    assert (found[0].outlets, found[0].others) == (("Harian Nusa",), ("Suara Pesisir",))


def test_what_was_withdrawn_is_shown_and_not_counted() -> None:
    gone = msgspec.structs.replace(SAID[1], withdrawn=DAY)
    (heard,) = utterances((gone, SAID[0]))
    assert (heard.articles, heard.outlets, len(heard.carriers)) == (1, ("Kabar Lintas",), 2)


def test_an_utterance_has_one_name_of_all() -> None:
    names = Names((said("a", TEXT, of="u", former=("v",)), said("b", TEXT, of="w", former=("u", "x"))))
    assert len({names.now(name) for name in "uvwx"}) == 1
    assert names.all("v") == ("u", "v", "w", "x")
    assert names.now("y") == "y"


def test_the_day_of_speaking_is_the_one_that_most_tell() -> None:
    days = [DAY.date(), DAY.date() + timedelta(days=1), DAY.date() + timedelta(days=1), None]
    told = [msgspec.structs.replace(said(f"{n}.1", TEXT), said_on=day) for n, day in enumerate(days)]
    assert utterances(told)[0].said_on == days[1]
    assert utterances(told[:2])[0].said_on == days[0]
    assert utterances(told[3:])[0].said_on is None


NAMELESS = said("n.1", TEXT, of="n", family="a", speaker_id="unknown:a", speaker=None, days=1)


def test_a_quotation_of_nobody_known_is_of_him_whom_a_copy_names() -> None:
    known, copy = said("a.1", TEXT, family="a"), said("k.1", TEXT.replace("baru", "besar"), family="k")
    for near in permutations((known, copy, NAMELESS)):
        (heard,) = completed(utterances((known, copy)), near)
        assert [carrier.id for carrier in heard.carriers] == ["a.1", "k.1", "n.1"]
        assert (heard.utterance, heard.speaker, heard.articles, heard.families) == ("u", "Ratna Kusuma", 3, 2)


def test_it_stays_apart_when_copies_name_two_and_when_no_copy_says_so() -> None:
    known, another = said("a.1", TEXT, family="a"), said("o.1", TEXT, of="o", family="a", speaker_id="person:bayu")
    assert completed(utterances((known,)), (known, another, NAMELESS)) == utterances((known,))
    assert completed(utterances((known,)), (known, said("n.1", FULLER[len(TEXT) :], speaker_id="unknown:a"))) == (
        utterances((known,))
    )
    elsewhere = msgspec.structs.replace(known, family="z")
    assert completed(utterances((elsewhere,)), (elsewhere, NAMELESS)) == utterances((elsewhere,))
