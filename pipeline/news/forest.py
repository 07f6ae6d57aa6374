"""Gradient-boosted trees read by numpy: all trees and all rows at once, level by level.

A forest is three arrays and no code, so that the product needs no library of machine learning to use one.
"""

from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_ROWS_AT_ONCE = 64
"""Rows judged together: enough to spread the cost of a call, few enough for the cache and for pages of any length."""


@dataclass(frozen=True)
class Forest:
    """Binary trees in one table of nodes; the sum of one leaf per tree is the log-odds.

    A row goes to `left` where its value of `feature` is at most `threshold`, else to the node behind `left`: children
    stand side by side. A leaf is its own left child with an infinite threshold, so that rows that arrived stay.
    """

    roots: Whole
    feature: Whole
    threshold: Floats
    left: Whole
    value: Floats
    depth: int

    def log_odds(self, rows: Floats) -> Floats:
        """One sum per row of a matrix with one column per feature; values are finite."""
        parts = [self._sums(rows[start : start + _ROWS_AT_ONCE]) for start in range(0, len(rows), _ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _sums(self, rows: Floats) -> Floats:
        """Each level writes into the arrays of the last; "clip" spares numpy a copy, and no index is out of range."""
        count, width = rows.shape
        flat = np.ascontiguousarray(rows).ravel()
        offset = (np.arange(count, dtype=np.int64) * width)[:, None]
        node = np.tile(self.roots, (count, 1))
        at, value, threshold = np.empty_like(node), np.empty(node.shape), np.empty(node.shape)
        for _ in range(self.depth):
            np.add(self.feature.take(node, out=at, mode="clip"), offset, out=at)
            beyond = flat.take(at, out=value, mode="clip") > self.threshold.take(node, out=threshold, mode="clip")
            np.add(self.left.take(node, out=at, mode="clip"), beyond, out=node)
        sums: Floats = self.value.take(node).sum(axis=1)
        return sums

    def probabilities(self, rows: Floats) -> Floats:
        """The logistic function of the log-odds."""
        odds: Floats = 1.0 / (1.0 + np.exp(-self.log_odds(rows)))
        return odds


def save(forest: Forest, target: IO[bytes]) -> None:
    """Write a forest as a compressed npz with narrow integers."""
    np.savez_compressed(
        target,
        roots=forest.roots.astype(np.int32),
        feature=forest.feature.astype(np.int16),
        threshold=forest.threshold,
        left=forest.left.astype(np.int32),
        value=forest.value,
        depth=np.array(forest.depth),
    )


def load(source: IO[bytes]) -> Forest:
    """Read what `save` wrote. Raises ValueError or KeyError for anything else; pickled objects are refused."""
    with np.load(source, allow_pickle=False) as held:
        whole: dict[str, Any] = {name: held[name].astype(np.int64) for name in ("roots", "feature", "left")}
        return Forest(**whole, threshold=held["threshold"], value=held["value"], depth=int(held["depth"]))
