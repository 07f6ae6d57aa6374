"""Indices are created, rebuilt beside the live ones, swapped in one call, and taken back.

A rebuild copies the live documents into the next generation (their words are analysed anew), while writing goes on.
Then the live indices are closed for writing, what changed meanwhile follows, both generations are compared, and the
aliases move in one call. Writers that are refused at the closed indices wait and go on in the new ones. The generation
before stays, closed, so that it can be taken back in the same way.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any, NamedTuple

import msgspec
from elasticsearch import Elasticsearch

from pipeline.adapters.elasticsearch import checking
from pipeline.adapters.elasticsearch.connection import Address, translated
from pipeline.adapters.elasticsearch.mapping import decode, template
from pipeline.adapters.elasticsearch.shelf import BATCH, KEPT, Name, Shelf, alias, read_name
from pipeline.adapters.elasticsearch.writer import Writer
from pipeline.errors import Misuse, Unavailable
from pipeline.ports import Finding, Switched
from schemas.documents import FAMILIES, Document

FEW = 500
"""Changed documents that are left for the time in which nobody may write."""
PASSES = 8
"""How often it is tried to come that close to the live generation."""
SAMPLE = 200
"""Documents of each family that are compared field by field."""


class Entry(NamedTuple):
    """A document as a scan sees it. `number` counts the writes to its index."""

    id: str
    revision: int
    home: str
    number: int


class Generations:
    """The `pipeline.ports.Upkeep` of the indices at an address."""

    def __init__(self, client: Elasticsearch, address: Address, say: Callable[[str], None] = lambda _: None) -> None:
        self._client, self._address, self._prefix, self._say = client, address, address.prefix, say

    def create(self) -> list[str]:
        """Write the templates and make the first indices where there are none; returns the names of the indices."""
        with translated(self._address):
            self._refuse_strangers()
            self._put_templates()
            live = Shelf(self._client, self._prefix)
            missing = [family for family in FAMILIES if not self._client.indices.exists(index=live.reading(family))]
            return [live.place(family, _this_month()) for family in missing]

    def _refuse_strangers(self) -> None:
        """Raise Unavailable when somebody else uses a name of ours: nothing of theirs is changed."""
        for found in checking.strangers(self._client, self._address):
            raise Unavailable(f"the {found.thing} {found.wrong}: {found.cure}")

    def _put_templates(self) -> None:
        for family in FAMILIES:
            body = template(self._prefix, family)
            keywords = {name.lstrip("_"): value for name, value in body.items()}
            self._client.indices.put_index_template(name=alias(self._prefix, family), **keywords)

    def about(self) -> str:
        """The version of the server."""
        return checking.about(self._client, self._address)

    def check(self) -> list[Finding]:
        """Compare templates, aliases and mappings with those of this version."""
        return checking.check(self._client, self._address)

    def reindex(self) -> Switched:
        """Rebuild into the next generation and swap. Raises Unavailable; then the live one is as it was."""
        with translated(self._address):
            self._refuse_strangers()
            live, known = self._live(), self._known()
            new = max((*known, live)) + 1
            for leftover in known:
                if leftover > live:
                    self._delete(leftover)  # of a rebuild that did not come to its end
            self._open(live)
            self._put_templates()
            done = self._switch(live, new)
            for older in known:
                if older < live:
                    self._delete(older)
            return done

    def rollback(self) -> Switched:
        """Take the generation before back, with what was written since. Raises Misuse when there is none."""
        with translated(self._address):
            live = self._live()
            others = [generation for generation in self._known() if generation != live]
            if not others:
                raise Misuse("there is no other generation to take back: run pantau index reindex to make one")
            self._open(max(others))
            self._open(live)
            return self._switch(live, max(others))

    def _switch(self, old: int, new: int) -> Switched:
        copy = Copy(self._client, self._address, old, new)
        counts = {family: copy.approach(family, self._say) for family in FAMILIES}
        closed = self._indices(old)
        try:
            self._close(closed)
            for family in FAMILIES:
                counts[family] = copy.finish(family)
            self._swap(closed, self._indices(new))
        except BaseException:
            self._open(old)
            raise
        self._say(f"generation {new} is live")
        self._follow_up(copy, old, closed)
        return Switched(old, new, counts)

    def _follow_up(self, copy: "Copy", old: int, closed: list[str]) -> None:
        """A writer may have begun a month in the old generation just before the swap."""
        late = [index for index in self._indices(old) if index not in closed]
        if late:
            self._close(late)
            self._swap(late, [])
            for family in FAMILIES:
                copy.follow(family)

    def _swap(self, old: list[str], new: list[str]) -> None:
        """Move all aliases in one call: no search sees both generations or none."""
        actions = [{"remove": {"index": index, "alias": self._alias(index), "must_exist": False}} for index in old]
        actions += [{"add": {"index": index, "alias": self._alias(index)}} for index in new]
        self._client.indices.update_aliases(actions=actions)

    def _alias(self, index: str) -> str:
        name = read_name(index)
        assert name is not None
        return alias(self._prefix, name.family)

    def _names(self) -> list[Name]:
        pattern = ",".join(f"{self._prefix}-{family}-*" for family in FAMILIES)
        found = self._client.indices.get(index=pattern, filter_path="*.settings.index.uuid")
        names = [read_name(index) for index in found]
        return [name for name in names if name and name.prefix == self._prefix]

    def _known(self) -> list[int]:
        return sorted({name.generation for name in self._names()})

    def _indices(self, generation: int) -> list[str]:
        return sorted(str(name) for name in self._names() if name.generation == generation)

    def _live(self) -> int:
        aliases = ",".join(alias(self._prefix, family) for family in FAMILIES)
        found = self._client.indices.get(index=aliases, ignore_unavailable=True)
        names = [name for index in found if (name := read_name(index))]
        return max((name.generation for name in names), default=1)

    def _close(self, indices: list[str]) -> None:
        if indices:
            self._client.indices.add_block(index=",".join(indices), block="write")

    def _open(self, generation: int) -> None:
        if indices := self._indices(generation):
            self._client.indices.put_settings(index=",".join(indices), settings={"index.blocks.write": None})

    def _delete(self, generation: int) -> None:
        if indices := self._indices(generation):
            self._say(f"generation {generation} is deleted")
            self._client.indices.delete(index=",".join(indices))


class Copy:
    """Brings one generation to the state of another."""

    def __init__(self, client: Elasticsearch, address: Address, old: int, new: int) -> None:
        self._client, self._address = client, address
        self._from = Shelf(client, address.prefix, old)
        self._to = Shelf(client, address.prefix, new)
        self._writer = Writer(client, address, self._to, copying=True)
        self._marks: dict[str, int] = {}

    def approach(self, family: str, say: Callable[[str], None]) -> int:
        """Copy until little is left; returns how many documents were copied."""
        self._to.place(family, _this_month())
        copied = 0
        for _ in range(PASSES):
            changed = self.follow(family)
            copied += changed
            say(f"{copied:,} {family} copied")
            if changed < FEW:
                break
        return copied

    def finish(self, family: str) -> int:
        """Copy the rest, compare, and return the number of documents. Nobody else may write meanwhile."""
        for _ in range(PASSES):
            left = self.follow(family)
            if not left:
                break
        else:
            raise Unavailable(f"{left} {family} differ between the generations: end other reindex runs and try again")
        self._compare(family)
        return self._count(self._to, family)

    def follow(self, family: str) -> int:
        """Copy what the new generation lacks and delete what it has too much; returns how many that were."""
        marks, changed = self._highest(family), 0
        differing = self._differing(family)
        while batch := list(islice(differing, BATCH)):
            changed += len(batch)
            gone = {entry.id: entry.revision for entry, delete in batch if delete}
            for id, revision in gone.items():
                self._writer.remove(family, id, revision)
            for source in self._sources(self._from, family, [entry.id for entry, delete in batch if not delete]):
                self._writer.put(family, _readable(family, source))
        self._writer.refresh()
        self._marks |= marks
        return changed

    def _differing(self, family: str) -> Iterator[tuple[Entry, bool]]:
        """What has to be copied, or deleted: both generations side by side in the order of their ids."""
        old, new = self._scan(self._from, family), self._scan(self._to, family)
        here, there = next(old, None), next(new, None)
        while here or there:
            if there and (here is None or there.id < here.id):
                yield there, True
                there = next(new, None)
            elif here:
                same = there is not None and there.id == here.id
                if not (there and same and there.revision == here.revision and not self._rewritten(here)):
                    yield here, False
                here, there = next(old, None), next(new, None) if same else there

    def _rewritten(self, entry: Entry) -> bool:
        """Whether a document was written since the last pass; its revision may be the same."""
        return entry.number > self._marks.get(entry.home, -1)

    def _scan(self, shelf: Shelf, family: str) -> Iterator[Entry]:
        """All documents of a moment, by id."""
        if not self._client.indices.exists(index=shelf.reading(family), allow_no_indices=False):
            return
        self._client.indices.refresh(index=shelf.reading(family))
        view = self._client.open_point_in_time(index=shelf.reading(family), keep_alive=KEPT)["id"]
        body: dict[str, Any] = {"size": BATCH, "sort": [{"id": "asc"}], "source": False, "version": True}
        try:
            while True:
                answer = self._client.search(**body, seq_no_primary_term=True, pit={"id": view, "keep_alive": KEPT})
                hits, view = answer["hits"]["hits"], answer["pit_id"]
                yield from (Entry(hit["_id"], hit["_version"], hit["_index"], hit["_seq_no"]) for hit in hits)
                if len(hits) < BATCH:
                    return
                body["search_after"] = hits[-1]["sort"]
        finally:
            self._client.options(ignore_status=404).close_point_in_time(id=view)

    def _highest(self, family: str) -> dict[str, int]:
        """How many writes each old index has seen."""
        reading = self._from.reading(family)
        kept = "indices.*.shards.*.seq_no"
        stats = self._client.indices.stats(index=reading, level="shards", filter_path=kept)
        return {
            index: min(shard["seq_no"]["global_checkpoint"] for copies in state["shards"].values() for shard in copies)
            for index, state in stats.get("indices", {}).items()
        }

    def _sources(self, shelf: Shelf, family: str, ids: list[str]) -> list[Mapping[str, Any]]:
        found = self._client.search(index=shelf.reading(family), query={"ids": {"values": ids}}, size=len(ids) or 1)
        return [hit["_source"] for hit in found["hits"]["hits"]]

    def _compare(self, family: str) -> None:
        """Compare the counts, and a sample field by field."""
        counts = [self._count(shelf, family) for shelf in (self._from, self._to)]
        if counts[0] != counts[1]:
            raise Unavailable(f"the new generation has {counts[1]} {family}, not {counts[0]}: run pantau index reindex")
        ids = [entry.id for entry in self._scan(self._from, family)]
        sample = Random(0).sample(ids, min(SAMPLE, len(ids)))
        old, new = (
            {one["id"]: decode(family, one) for one in self._sources(shelf, family, sample)}
            for shelf in (self._from, self._to)
        )
        if differing := [id for id in sample if old.get(id) != new.get(id)]:
            raise Unavailable(f"{len(differing)} of {len(sample)} {family} changed, first {differing[0]}: try again")

    def _count(self, shelf: Shelf, family: str) -> int:
        return int(self._client.count(index=shelf.reading(family))["count"])


def _readable(family: str, source: Mapping[str, Any]) -> Document:
    try:
        return decode(family, source)
    except msgspec.ValidationError as error:
        cure = "rebuild the index from the pages with pantau replay"
        raise Unavailable(f"{source.get('id')} was written by a version that is too old ({error}): {cure}") from error


def _this_month() -> str:
    return time.strftime("%Y-%m", time.gmtime())
