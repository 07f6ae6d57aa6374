"""How well statements are found: spans that overlap with IoU of .5 or more, and among these the right speakers."""

from typing import Any, NamedTuple


class Score(NamedTuple):
    """Precision over all predictions against recall over core statements, as F; headlines are left out of both.

    speaker and kind are shares of the statements that were found, direct is the recall of quotations.
    """

    f: float
    speaker: float
    direct: float
    kind: float


def overlap(a: dict[str, Any], b: dict[str, Any]) -> float:
    if a["doc"] != b["doc"]:
        return 0.0
    both = max(0, min(a["end"], b["end"]) - max(a["start"], b["start"]))
    return float(both / (a["end"] - a["start"] + b["end"] - b["start"] - both))


def score(predicted: list[dict[str, Any]], gold: list[dict[str, Any]]) -> Score:
    titles = [one for one in gold if one.get("part") == "title"]
    gold = [one for one in gold if one.get("part") != "title"]
    predicted = [one for one in predicted if not any(overlap(one, title) for title in titles)]
    used: dict[int, dict[str, Any]] = {}
    for one in predicted:
        best, index = max((overlap(one, other), i) for i, other in enumerate(gold) if i not in used)
        if best >= 0.5:
            used[index] = one
    core = [index for index, one in enumerate(gold) if one["level"] == "core"]
    direct = [index for index, one in enumerate(gold) if one["kind"] == "direct"]
    precision = len(used) / len(predicted)
    recall = sum(index in used for index in core) / len(core)
    return Score(
        2 * precision * recall / (precision + recall),
        sum(same(one["speaker"], gold[index]) for index, one in used.items()) / len(used),
        sum(index in used for index in direct) / len(direct),
        sum(one["kind"] == gold[index]["kind"] for index, one in used.items()) / len(used),
    )


def same(speaker: str | None, gold: dict[str, Any]) -> bool:
    return (speaker or "").casefold() in {
        name.casefold() for name in (gold["speaker"], *(gold.get("speaker_alt") or ()))
    }
