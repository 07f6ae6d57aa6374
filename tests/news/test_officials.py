"""Officials are found by name, alias and role at a date, and not when two could be meant."""

from datetime import date

import pytest

from pipeline.news.officials import Roster, name_key, role_key
from schemas.catalog import Official, Role, Snapshot

FIRST = Official(
    id="nadia-karlsen",
    name="Nadia Karlsén",
    aliases=("Mama Nadia",),
    roles=(
        Role(
            title="Secretary General of NATO",
            aliases=("Sekretaris Jenderal NATO",),
            since=date(2014, 10, 1),
            until=date(2024, 10, 1),
        ),
    ),
)
SECOND = Official(
    id="pieter-velden",
    name="Pieter van der Velden",
    roles=(Role(title="Secretary General of NATO", since=date(2024, 10, 1)),),
)
THIRD = Official(
    id="tomo-karlsen", name="Tomo Karlsen", roles=(Role(title="US foreign minister", since=date(2020, 1, 1)),)
)
ROSTER = Roster((FIRST, SECOND, THIRD))


@pytest.mark.parametrize(
    ("name", "id", "reason"),
    [
        ("Nadia Karlsen", "nadia-karlsen", "name"),
        ("NADIA  KARLSÉN", "nadia-karlsen", "name"),
        ("Mama Nadia", "nadia-karlsen", "alias"),
        ("Velden", "pieter-velden", "surname"),
        ("Pieter Velden", "pieter-velden", "name"),
        ("Nadia Berit Karlsen", "nadia-karlsen", "name"),
    ],
)
def test_found_by_name(name: str, id: str, reason: str) -> None:
    link = ROSTER.named(name)
    assert link is not None
    assert (link.official.id, link.reason) == (id, reason)


@pytest.mark.parametrize("name", ["Karlsen", "Pieter", "Velden Pieter", "Someone Else", "", "Jan Velden"])
def test_nobody_rather_than_the_wrong_one(name: str) -> None:
    assert ROSTER.named(name) is None


@pytest.mark.parametrize("role", ["Sekjen NATO", "Sekretaris Jenderal (Sekjen) NATO", "NATO secretary-general"])
def test_role_at_a_date(role: str) -> None:
    for on, id in ((date(2022, 1, 8), FIRST.id), (date(2024, 9, 30), FIRST.id), (date(2024, 10, 1), SECOND.id)):
        link = ROSTER.holder(role, on)
        assert link is not None
        assert (link.official.id, link.reason) == (id, "role")
    assert ROSTER.holder(role, date(2014, 9, 30)) is None


def test_role_with_two_holders_is_nobodys() -> None:
    both = Roster((FIRST, Official(id="x", name="X Y", roles=(Role(title="Sekjen NATO"),))))
    assert both.holder("Sekjen NATO", date(2022, 1, 1)) is None


@pytest.mark.parametrize(
    "role", ["Menlu AS", "Menteri Luar Negeri Amerika Serikat (AS)", "foreign minister of the United States"]
)
def test_role_words_meet_across_languages(role: str) -> None:
    link = ROSTER.holder(role, date(2022, 1, 1))
    assert link is not None
    assert link.official.id == THIRD.id


def test_wakil_presiden_is_not_presiden() -> None:
    assert role_key("Wapres") == role_key("Wakil Presiden") != role_key("Presiden")


def test_names_without_case_and_accents() -> None:
    assert name_key("  Nadia  KARLSÉN ") == "nadia karlsen"


def test_one_roster_for_one_snapshot() -> None:
    snapshot = Snapshot(officials=(FIRST,))
    assert Roster.of(snapshot) is Roster.of(snapshot)
    assert Roster.of(Snapshot(officials=(FIRST,))) is not Roster.of(snapshot)
