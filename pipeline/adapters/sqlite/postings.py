"""Lists of records by posting: which records of an agent hold a 64-bit number.

A log-structured index, in 16 parts by hash. What was put last is in a log (`fresh`) and, for looking up, in memory: in
a dictionary, which every `SEAL` puts becomes sorted arrays of a tenth of its size. The rest is in blocks: sorted
arrays cut into pieces of a database page, with the first entry of each piece in memory. A put appends one row; every
`STEP` puts one part takes over its share of the log in one sorted merge, drops what has expired, and is written anew.
So a put writes no page at random, and thanks to filters of all hashes a find reads a page only where there is
something to find.

An entry is 28 bits of a posting's hash and 36 bits of a record's number; with the part, 32 bits of the hash are told
apart. The lists may therefore name a record that does not hold the posting, and do after a rollback: the caller looks
at the record. They belong to one process at a time, which a runner's lock ensures.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.adapters.sqlite.database import Database
from pipeline.adapters.sqlite.filters import PART_SHIFT, PARTS, Filter

CAP = 64
"""Records in a list at most; later ones are not listed until one of them goes."""
STEP = 4096
"""Puts after which the next part takes over its share of the log; with 16 parts the log holds 16 times as many. Longer
ones would write blocks more seldom, but what the log holds is read when a process starts."""
SEAL = 2048
"""Puts after which what the dictionaries hold is put into the sorted arrays."""
BLOCK = 504
"""Entries of a block: with them its row just fits into a page of 4,096 bytes."""

SCHEMA = (
    "CREATE TABLE listing(number INTEGER PRIMARY KEY, agent TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL,"
    " oldest INTEGER NOT NULL, upto BLOB NOT NULL)",
    "CREATE TABLE fresh(agent TEXT NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL, postings BLOB NOT NULL,"
    " PRIMARY KEY(agent, seq)) WITHOUT ROWID",
    "CREATE TABLE block(id INTEGER PRIMARY KEY, entries BLOB NOT NULL)",
)
# `seq` counts the changes of an agent's lists, so that a rollback is noticed. `upto` says per part up to which of them
# it has taken over. `oldest`: records with lower numbers are gone.
TABLES = ("listing", "fresh", "block")

Entries = NDArray[np.uint64]

_MIX = np.uint64(0x9E3779B97F4A7C15)  # spreads postings that are small numbers over all parts
_ID_BITS = 36
_IDS, _LOW = (1 << _ID_BITS) - 1, (1 << PART_SHIFT) - 1
_NOTHING = np.empty(0, dtype=np.uint64)
_STALE = 1 / 8  # of what a part lists; then its share of the filter is made anew


class PostingLists:
    """The lists of one agent. Call it inside a transaction of the database that it was made from."""

    def __init__(self, database: Database, agent: str, step: int = STEP) -> None:
        self._database, self._connection = database, database.connection
        self._agent, self._step = agent, step
        self._turn: int | None = None
        self._seq = -1  # nothing is loaded
        self._number, self._oldest = 0, 1
        self._upto = [0] * PARTS
        self._recent: dict[int, tuple[int, ...]] = {}
        self._sealed: list[Entries] = []
        self._firsts: list[list[int]] = []
        self._stale = [0] * PARTS
        """Entries that are gone from blocks and still let through by the filter."""
        self._in_sealed, self._in_blocks = Filter(), Filter()

    def add(self, id: int, postings: "array[int]") -> None:
        """List a record."""
        self._refresh()
        seq = self._seq + 1
        self._connection.execute("INSERT INTO fresh VALUES (?, ?, ?, ?)", (self._agent, seq, id, postings.tobytes()))
        older = id < self._oldest
        self._oldest = min(self._oldest, id)
        recent = self._recent
        for slot in _slots(postings).tolist():
            recent[slot] = self._longer(recent[slot], id) if slot in recent else (id,)
        self._advance(seq, noted=not older)

    def remove(self, id: int, postings: Iterable[int]) -> None:
        """Take a record off the lists."""
        self._refresh()
        for slot in _slots(array("q", postings)).tolist():
            if slot in self._recent:
                self._recent[slot] = tuple(other for other in self._recent[slot] if other != id)
            self._unseal(slot, id)
            self._unblock(slot, id)
        self._advance(self._seq + 1)

    def near(self, postings: Sequence[int], rare: int | None = None) -> dict[int, int]:
        """The records in the lists of these postings, each with the number of lists that it is in; without those in a
        single list that is longer than `rare`.
        """
        self._refresh()
        slots: list[int] = _slots(array("q", postings)).tolist()
        found = self._blocked(self._in_blocks.among(slots))
        for slot in self._in_sealed.among(slots):
            found[slot] = _joined(found.get(slot), _listed(self._sealed[slot >> PART_SHIFT].data, slot))
        recent = self._recent
        for slot in slots:
            if slot in recent:
                found[slot] = _joined(found.get(slot), recent[slot])
        lists = list(map(self._kept, found.values()))
        counts = Counter(chain.from_iterable(lists))
        if rare is None:
            return counts
        strays = {id for ids in lists if len(ids) > rare for id in ids}
        return {id: times for id, times in counts.items() if times > 1 or id not in strays}

    def _kept(self, ids: Sequence[int]) -> Sequence[int]:
        """A list without what is gone, no longer than it may be."""
        if ids and min(ids) < self._oldest:
            ids = [id for id in ids if id >= self._oldest]
        return ids[:CAP]

    @property
    def oldest(self) -> int:
        """No record that is listed has a lower number."""
        self._refresh()
        return self._oldest

    def forget(self, oldest: int) -> None:
        """Note that all records with a lower number are gone."""
        self._refresh()
        if oldest > self._oldest:
            self._oldest = oldest
            self._advance(self._seq + 1)

    # What is in memory

    def _refresh(self) -> None:
        """Load everything when it is not loaded, or when a transaction that had changed it was taken back."""
        turn = self._database.turn
        if turn is None or turn != self._turn:
            if self._newest() != self._seq:
                self._load()
            self._turn = turn

    def _newest(self) -> int | None:
        """The last change that the file knows of; None when it has no lists of this agent."""
        newest = "SELECT ifnull(max(seq), 0) FROM fresh WHERE agent = ?1"
        query = f"SELECT max(seq, ({newest})) FROM listing WHERE agent = ?1"
        row: tuple[int] | None = self._connection.execute(query, (self._agent,)).fetchone()
        return row[0] if row else None

    def _load(self) -> None:
        insert = "INSERT OR IGNORE INTO listing(agent, seq, oldest, upto) VALUES (?, 0, 1, ?)"
        self._connection.execute(insert, (self._agent, bytes(8 * PARTS)))
        self._number, self._oldest, upto = self._connection.execute(
            "SELECT number, oldest, upto FROM listing WHERE agent = ?", (self._agent,)
        ).fetchone()
        self._seq = self._newest() or 0
        self._upto = array("q", upto).tolist()
        self._recent, self._firsts = {}, [[] for _ in range(PARTS)]
        self._sealed = self._logged()
        self._in_sealed.resize(sum(map(len, self._sealed)))
        for part, entries in enumerate(self._sealed):
            self._in_sealed.note(part, entries)
        mine = self._id(0, 0), self._id(PARTS, 0)
        (blocks,) = self._connection.execute("SELECT count(*) FROM block WHERE id >= ? AND id < ?", mine).fetchone()
        self._note_all(blocks * BLOCK)

    def _logged(self) -> list[Entries]:
        """What each part has not yet taken over of the log."""
        rows = self._connection.execute(
            "SELECT seq, id, postings FROM fresh WHERE agent = ? ORDER BY seq", (self._agent,)
        )
        entries, upto = [_NOTHING] * PARTS, np.array(self._upto)
        while several := rows.fetchmany(SEAL):
            slots = [_slots(array("q", postings)) for _, _, postings in several]
            lengths, every = [len(one) for one in slots], np.concatenate(slots)
            waiting = np.repeat([at for at, _, _ in several], lengths) > upto[every >> np.uint64(PART_SHIFT)]
            ids = np.repeat(np.array([id for _, id, _ in several], dtype=np.uint64), lengths)
            for part, new in enumerate(_by_part(every[waiting], ids[waiting])):
                entries[part] = self._merged(entries[part], new)
        return entries

    def _longer(self, ids: tuple[int, ...], id: int) -> tuple[int, ...]:
        """A list with one more record, if there is room."""
        if len(ids) >= CAP:
            ids = tuple(other for other in ids if other >= self._oldest)
        return (*ids, id) if len(ids) < CAP and id not in ids else ids

    def _advance(self, seq: int, noted: bool = False) -> None:
        """Count a change, and let a part take over its share of the log when it is its turn.

        noted  the log says that there was a change
        """
        self._seq = seq
        if seq % min(SEAL, self._step) == 0:
            self._seal()
        due = seq % self._step == 0
        if due:
            self._take_over(seq // self._step % PARTS)
        if due or not noted:
            self._connection.execute(
                "UPDATE listing SET seq = ?, oldest = ?, upto = ? WHERE number = ?",
                (seq, self._oldest, array("q", self._upto).tobytes(), self._number),
            )

    def _seal(self) -> None:
        """Put what the dictionary holds into the sorted arrays."""
        lists = self._recent
        slots = np.repeat(np.fromiter(lists, dtype=np.uint64), np.fromiter(map(len, lists.values()), dtype=np.int64))
        coming = _by_part(slots, np.fromiter(chain.from_iterable(lists.values()), dtype=np.uint64))
        self._recent = {}
        self._sealed = [self._merged(old, new) for old, new in zip(self._sealed, coming)]
        entries = sum(map(len, self._sealed))
        if not self._in_sealed.fits(entries):
            self._in_sealed.resize(entries)
            coming = self._sealed
        for part, noted in enumerate(coming):
            self._in_sealed.note(part, noted)

    def _unseal(self, slot: int, id: int) -> None:
        part, entry = slot >> PART_SHIFT, np.uint64(_entry(slot, id))
        entries = self._sealed[part]
        place = int(np.searchsorted(entries, entry))
        if place < len(entries) and entries[place] == entry:
            self._sealed[part] = np.delete(entries, place)

    # Blocks

    def _take_over(self, part: int) -> None:
        old, new = self._read(part), self._sealed[part]
        merged = self._merged(old, new)
        self._write(part, merged)
        self._sealed[part] = _NOTHING
        self._upto[part] = self._seq
        self._connection.execute("DELETE FROM fresh WHERE agent = ? AND seq <= ?", (self._agent, min(self._upto)))
        self._stale[part] += len(old) + len(new) - len(merged)
        self._in_sealed.clear(part)
        if not self._in_blocks.fits(len(merged) * PARTS):
            self._note_all(len(merged) * PARTS)
        elif self._stale[part] > len(merged) * _STALE:
            self._note(part, merged)
        else:
            self._firsts[part] = merged[::BLOCK].tolist()
            self._in_blocks.note(part, new)

    def _note_all(self, entries: int) -> None:
        """Make the filter of what is in blocks anew, for so many entries."""
        self._in_blocks.resize(entries)
        for part in range(PARTS if entries else 0):
            self._note(part, self._read(part))

    def _note(self, part: int, entries: Entries) -> None:
        """Keep what has to be in memory of the blocks of a part: their first entries, and its share of the filter."""
        self._firsts[part], self._stale[part] = entries[::BLOCK].tolist(), 0
        self._in_blocks.clear(part)
        self._in_blocks.note(part, entries)

    def _merged(self, old: Entries, new: Entries) -> Entries:
        """Both in order, without expired records and with no list beyond the cap."""
        merged = np.insert(old, np.searchsorted(old, new), new)
        kept = (merged & np.uint64(_IDS)) >= np.uint64(self._oldest)
        kept[1:] &= merged[1:] != merged[:-1]
        if not kept.all():
            merged = merged[kept]
        long = (merged[CAP:] ^ merged[:-CAP]) <= np.uint64(_IDS)  # the same hash so many entries before
        if long.any():
            merged = merged[np.concatenate((np.ones(CAP, dtype=bool), ~long))]
        return merged

    def _read(self, part: int) -> Entries:
        return np.frombuffer(b"".join(self._blocks(part)), dtype="<u8").astype(np.uint64, copy=False)

    def _blocks(self, part: int) -> Iterator[bytes]:
        first = self._id(part, 0)
        query = "SELECT entries FROM block WHERE id BETWEEN ? AND ? ORDER BY id"
        return (row[0] for row in self._connection.execute(query, (first, first + (1 << 32) - 1)))

    def _write(self, part: int, entries: Entries) -> None:
        first = self._id(part, 0)
        self._connection.execute("DELETE FROM block WHERE id BETWEEN ? AND ?", (first, first + (1 << 32) - 1))
        pieces = (entries[start : start + BLOCK].tobytes() for start in range(0, len(entries), BLOCK))
        self._connection.executemany("INSERT INTO block VALUES (?, ?)", enumerate(pieces, first))

    def _id(self, part: int, block: int) -> int:
        return (self._number * PARTS + part) << 32 | block

    def _blocked(self, slots: Sequence[int]) -> dict[int, Sequence[int]]:
        """The records that the blocks list under each of these hashes."""
        found: dict[int, Sequence[int]] = {}
        for slot in slots:
            part, low = slot >> PART_SHIFT, _entry(slot, 0)
            firsts = self._firsts[part]
            place = bisect_left(firsts, low)
            ids = _listed(self._block(part, place - 1), slot) if place else []
            while place < len(firsts) and firsts[place] <= low | _IDS:
                ids += _listed(self._block(part, place), slot)
                place += 1
            found[slot] = ids
        return found

    def _block(self, part: int, place: int) -> "memoryview[int]":
        query = "SELECT entries FROM block WHERE id = ?"
        return memoryview(self._connection.execute(query, (self._id(part, place),)).fetchone()[0]).cast("Q")

    def _unblock(self, slot: int, id: int) -> None:
        """Put nobody (0) into a record's place, so that blocks stay as long as they are."""
        part, entry = slot >> PART_SHIFT, _entry(slot, id)
        place = bisect_right(self._firsts[part], entry) - 1
        if place >= 0 and entry in (entries := self._block(part, place).tolist()):
            entries[entries.index(entry)] = _entry(slot, 0)
            query = "UPDATE block SET entries = ? WHERE id = ?"
            self._connection.execute(query, (array("Q", sorted(entries)).tobytes(), self._id(part, place)))


def _slots(postings: "array[int]") -> NDArray[np.uint64]:
    """The 32 bits of hash by which postings are listed."""
    return (np.frombuffer(postings, dtype=np.uint64) * _MIX) >> np.uint64(32)


def _listed(entries: "memoryview[int]", slot: int) -> list[int]:
    """The records that entries list under a hash, which are so many at most as a list may have."""
    low = _entry(slot, 0)
    start = bisect_left(entries, low)
    end = bisect_right(entries, low | _IDS, start, min(start + CAP, len(entries)))
    return [entry - low for entry in entries[start:end]]


def _joined(older: Sequence[int] | None, newer: Sequence[int]) -> Sequence[int]:
    """One list of two; the number of an expired record may come back."""
    return list(dict.fromkeys((*older, *newer))) if older else newer


def _by_part(slots: Entries, ids: Entries) -> list[Entries]:
    """The entries of each part, in order."""
    parts, entries = slots >> np.uint64(PART_SHIFT), (slots & np.uint64(_LOW)) << np.uint64(_ID_BITS) | ids
    return [np.sort(entries[parts == part]) for part in range(PARTS)]


def _entry(slot: int, id: int) -> int:
    return (slot & _LOW) << _ID_BITS | id
