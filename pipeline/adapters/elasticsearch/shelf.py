"""Which indices hold a family: one for each month in which documents came in, read together through an alias.

pantau-articles                  the alias that is searched
pantau-articles-1-2022-01        an index of the first generation
pantau-articles-2-2022-01        one of the next, which a rebuild fills beside it
"""

import re
import time
from typing import Any, NamedTuple

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.adapters.elasticsearch.mapping import differences, mappings, settings
from pipeline.errors import Unavailable
from schemas.documents import FAMILIES

LIFETIME = 5.0
"""Seconds for which the list of indices is remembered. One that may not be written any more is noticed at once."""
BATCH = 500
"""How many documents are read at once."""
KEPT = "5m"
"""How long the server keeps the view of a moment between two batches."""
QUIETLY: dict[str, Any] = {"ignore_unavailable": True, "allow_no_indices": True}
"""What a request says about an alias that is not there yet: that it is empty."""

_NAME = re.compile(r"(?P<prefix>.+)-(?P<family>[a-z]+)-(?P<generation>\d{1,9})-(?P<month>\d{4}-\d\d)")


class Name(NamedTuple):
    """The parts of an index's name."""

    prefix: str
    family: str
    generation: int
    month: str

    def __str__(self) -> str:
        return f"{self.prefix}-{self.family}-{self.generation}-{self.month}"


def read_name(index: str) -> Name | None:
    """The parts of a name, None when it is none of ours."""
    found = _NAME.fullmatch(index)
    if not found or found["family"] not in FAMILIES:
        return None
    return Name(found["prefix"], found["family"], int(found["generation"]), found["month"])


def alias(prefix: str, family: str) -> str:
    """The name that a family is searched by."""
    return f"{prefix}-{family}"


class Shelf:
    """The indices of one generation; None is the one that is live, which may change at any time."""

    def __init__(self, client: Elasticsearch, prefix: str, generation: int | None = None) -> None:
        self._client, self.prefix, self._generation = client, prefix, generation
        self._known: dict[str, tuple[float, frozenset[str]]] = {}
        self._fitting: set[str] = set()

    def reading(self, *families: str) -> str:
        """What to search for these families."""
        end = "" if self._generation is None else f"-{self._generation}-*"
        return ",".join(alias(self.prefix, family) + end for family in families)

    def forget(self) -> None:
        """Look again which indices there are."""
        self._known.clear()

    def place(self, family: str, month: str) -> str:
        """The index of a family and a month; it is created when it is not there."""
        if (found := self.index(family, month)) not in self.indices(family):
            self.forget()  # an index is only added to the generation that is live at this moment
            if (found := self.index(family, month)) not in self.indices(family):
                self._create(found, family)
        return found

    def indices(self, family: str) -> frozenset[str]:
        """The indices of a family. Raises Unavailable when one has another mapping than this version of Pantau."""
        since, found = self._known.get(family, (float("-inf"), frozenset()))
        if time.monotonic() - since > LIFETIME:
            found = frozenset(self._look(family))
            self._known[family] = time.monotonic(), found
        return found

    def generation(self, family: str) -> int:
        """The generation that is written to."""
        if self._generation is not None:
            return self._generation
        names = [name for index in self.indices(family) if (name := read_name(index))]
        return max((name.generation for name in names), default=1)

    def index(self, family: str, month: str) -> str:
        """The index of a family and a month, whether it is there or not."""
        return str(Name(self.prefix, family, self.generation(family), month))

    def _look(self, family: str) -> list[str]:
        """The names of the indices; the mapping of each is compared once, for strict ones do not change."""
        reading = self.reading(family)
        names = list(self._client.indices.get_alias(index=reading, **QUIETLY))
        if self._fitting.issuperset(names):
            return names
        found = self._client.indices.get_mapping(index=reading, **QUIETLY)
        for index, state in found.items():
            if differences(family, state["mappings"]):
                raise Unavailable(
                    f"the index {index} has another mapping than this version of Pantau writes: run pantau index check"
                )
        self._fitting |= found.keys()
        return list(found)

    def _create(self, index: str, family: str) -> None:
        aliases: dict[str, Any] = {alias(self.prefix, family): {}} if self._generation is None else {}
        try:
            self._client.indices.create(index=index, mappings=mappings(family), settings=settings(), aliases=aliases)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            self.forget()
            if index in self.indices(family):
                return  # another writer was faster
            raise Unavailable(
                f"there is an index {index} that is not read by Pantau and stays as it is: run pantau index check"
            ) from error
        self.forget()
