"""Trees by LightGBM, and the same trees as `pipeline.news.forest` reads them."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from pipeline.news.forest import Floats, Forest
from pipeline.news.linefeatures import FEATURES, features, words_in
from pipeline.news.linesigns import signs_of
from pipeline.training.lines.pages import Page

ROUNDS = 200
SETTINGS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 31,
    "max_depth": 8,
    "min_data_in_leaf": 150,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "use_missing": False,
    "num_threads": 1,
    "seed": 7,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
"""Chosen by cross-validation over sites."""


class Rows(NamedTuple):
    """Lines as rows: figures, whether they are body, and how much each counts."""

    figures: Floats
    body: Floats
    weights: Floats


def rows_of(page: Page) -> Rows:
    """A line counts by the root of its words, since the measure counts words; a page counts as one."""
    words = words_in(signs_of(page.lines))
    weights = np.sqrt(np.minimum(words, 60) + 2)
    body = np.array(page.labels, dtype=np.float64)
    return Rows(features(page.lines, page.blanks), body, weights * (100 / weights.sum()))


def trained(parts: Sequence[Rows], rounds: int = ROUNDS, **changed: Any) -> Any:
    """A LightGBM booster. `changed` replaces settings."""
    lightgbm = import_module("lightgbm")
    figures, body, weights = (np.concatenate([part[i] for part in parts]) for i in range(3))
    table = lightgbm.Dataset(figures, label=body, weight=weights, feature_name=[f"f{i}" for i in range(len(FEATURES))])
    return lightgbm.train({**SETTINGS, **changed}, table, num_boost_round=rounds)


# --- to arrays


class _Node(NamedTuple):
    feature: int
    threshold: float
    left: int
    value: float


def forest_of(booster: Any) -> Forest:
    """The same function as arrays. Raises ValueError for splits that are no comparison with a number."""
    nodes: list[_Node] = []
    held = booster.dump_model()["tree_info"]
    roots = [_add(nodes, tree["tree_structure"]) for tree in held]
    depth = max(_depth(tree["tree_structure"]) for tree in held)
    feature, threshold, left, value = zip(*nodes)
    return Forest(
        roots=np.array(roots, dtype=np.int64),
        feature=np.array(feature, dtype=np.int64),
        threshold=np.array(threshold, dtype=np.float64),
        left=np.array(left, dtype=np.int64),
        value=np.array(value, dtype=np.float64),
        depth=depth,
    )


def _add(nodes: list[_Node], root: Mapping[str, Any]) -> int:
    """Append a tree in breadth-first order, children side by side; returns where its root is."""
    start = len(nodes)
    nodes.append(_leaf(start, 0.0))
    waiting = [(start, root)]
    for at, node in waiting:
        if "leaf_value" in node:
            nodes[at] = _leaf(at, node["leaf_value"])
            continue
        if node["decision_type"] != "<=":
            raise ValueError(f"a split by {node['decision_type']} is not a comparison with a number")
        nodes[at] = _Node(node["split_feature"], node["threshold"], len(nodes), 0.0)
        waiting += [(len(nodes), node["left_child"]), (len(nodes) + 1, node["right_child"])]
        nodes += [_leaf(len(nodes), 0.0), _leaf(len(nodes) + 1, 0.0)]
    return start


def _leaf(at: int, value: float) -> _Node:
    return _Node(0, np.inf, at, value)


def _depth(node: Mapping[str, Any]) -> int:
    return 0 if "leaf_value" in node else 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))


def importances(booster: Any) -> Iterator[tuple[str, float]]:
    """Names of features with their share of the gain, greatest first."""
    gain = booster.feature_importance("gain")
    shares = zip(FEATURES, (gain / gain.sum()).tolist())
    yield from sorted(shares, key=lambda share: -share[1])
