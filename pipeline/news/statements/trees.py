"""The dependency trees of a text over the tokens of a passage."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.news.parse import Parse

ROOT = "ROOT"


@dataclass(frozen=True, eq=False)
class Tree:
    """Token i depends on heads[i] (itself at a root) as labels[i]; its subtree spans lefts[i]..rights[i].

    Tokens that the parser did not see, such as line ends, are roots of their own.
    """

    heads: list[int]
    labels: list[str]
    children: list[list[int]]
    lefts: list[int]
    rights: list[int]

    def of(self, index: int, labels: frozenset[str]) -> list[int]:
        """The children of a token with one of these labels, in order."""
        return [child for child in self.children[index] if self.labels[child] in labels]


def tree(starts: Sequence[int], ends: Sequence[int], parse: Parse) -> Tree:
    """The trees over the tokens at starts..ends.

    The parser may cut words otherwise: a token of ours that is several of its tokens hangs where the topmost of them
    does, and of several of ours that are one of its tokens the later hang on the first.
    """
    ours = _aligned(starts, ends, parse)
    depths = _depths(parse.heads)
    tops: dict[int, int] = {}
    for theirs, index in enumerate(ours):
        if index is not None and (index not in tops or depths[theirs] < depths[tops[index]]):
            tops[index] = theirs
    heads, labels = list(range(len(starts))), [ROOT] * len(starts)
    for index, theirs in tops.items():
        head = ours[parse.heads[theirs]]
        if head is not None:
            heads[index], labels[index] = head, parse.labels[theirs].replace(":pass", "pass")
    for theirs, index in enumerate(ours):
        following = index + 1 if index is not None else len(starts)
        while following < len(starts) and following not in tops and starts[following] < parse.ends[theirs]:
            heads[following], labels[following] = following - 1, "punct"
            following += 1
    return _grown(heads, labels)


def _aligned(starts: Sequence[int], ends: Sequence[int], parse: Parse) -> list[int | None]:
    """Which of our tokens holds the first codepoint of each of the parser's."""
    found: list[int | None] = []
    at = 0
    for start in parse.starts:
        while at < len(ends) and ends[at] <= start:
            at += 1
        found.append(at if at < len(starts) and starts[at] <= start else None)
    return found


def _depths(heads: Sequence[int]) -> list[int]:
    depths = [-1] * len(heads)
    for first in range(len(heads)):
        way, index = list[int](), first
        while depths[index] < 0 and heads[index] != index and len(way) <= len(heads):
            way.append(index)
            index = heads[index]
        depth = max(depths[index], 0)
        depths[index] = depth
        for below in reversed(way):
            depth += 1
            depths[below] = depth
    return depths


def _grown(heads: list[int], labels: list[str]) -> Tree:
    size = len(heads)
    children: list[list[int]] = [[] for _ in range(size)]
    for index, head in enumerate(heads):
        if head != index:
            children[head].append(index)
    order = [index for index in range(size) if heads[index] == index]
    for index in order:
        order.extend(children[index])
    lefts, rights = list(range(size)), list(range(size))
    for index in reversed(order):
        head = heads[index]
        lefts[head], rights[head] = min(lefts[head], lefts[index]), max(rights[head], rights[index])
    return Tree(heads, labels, children, lefts, rights)
