"""The counts of an agent, kept where its offset is kept: in the note that Kafka stores with a commit.

A commit says how far a partition was handled, and its note what became of all messages up to there. Both are written
in one, so the counts neither miss nor repeat a message, whichever worker dies or takes over.
"""

from collections import Counter
from collections.abc import Mapping

import msgspec

Kind = tuple[str, str]
"""An outcome (in, out, drop, reject, retry) and its reason, which may be empty."""
Counts = Counter[Kind]


def write(counts: Mapping[Kind, int]) -> str:
    """The note of a commit. Outcomes and reasons are closed lists, so it stays far under the 4 KB that Kafka takes."""
    return msgspec.json.encode({":".join(kind).rstrip(":"): times for kind, times in sorted(counts.items())}).decode()


def read(note: str | None) -> Counts:
    """The counts in a note; empty for a note that is not ours."""
    try:
        found = msgspec.json.decode(note or "{}", type=dict[str, int])
    except msgspec.DecodeError:
        return Counter()
    return Counter({(kind.partition(":")[0], kind.partition(":")[2]): times for kind, times in found.items()})
