"""A body that has come: unpacked in pieces, and given up as soon as a limit is passed. It runs in any thread."""

from pipeline.adapters.fetching.coding import RATIO_FREE, RATIO_MAX, Coding, Damaged, coding, packed_again
from pipeline.adapters.fetching.policy import Limits
from pipeline.news.crawling.outcomes import Unfetched

PART = 1 << 13
"""Packed bytes that are unpacked before it is looked at again what they grew to."""


class Unusable(Exception):
    """There will be no body, for this reason."""

    def __init__(self, reason: Unfetched, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def declared(encodings: str) -> Coding:
    """What unpacks a body with this Content-Encoding. Raises Unusable."""
    found = coding(encodings)
    if found is None:
        raise Unusable(Unfetched.ENCODING, f"it is packed as {encodings[:100]!r}")
    return found


def unpacked(packed: bytes, encodings: str, limits: Limits, *, cut: bool = False) -> bytes:
    """The bytes that were packed; `cut` when they are the beginning of a longer body. Raises Unusable."""
    unpack = declared(encodings)
    plain = bytearray()
    try:
        for start in range(0, len(packed), PART):
            part = packed[start : start + PART]
            if _unpack(unpack, part, start + len(part), plain, limits):
                return bytes(plain[: limits.plain])
        if not cut:
            unpack.end()
    except Damaged as error:
        raise Unusable(Unfetched.ENCODING, f"it is not packed as {encodings[:100]!r} ({error})") from error
    if encodings and packed_again(plain):
        raise Unusable(Unfetched.ENCODING, "it is packed twice")
    return bytes(plain)


def _unpack(unpack: Coding, part: bytes, packed: int, plain: bytearray, limits: Limits) -> bool:
    """Unpack a part, with which so many bytes were packed; True when the rest is cut off. Raises Unusable, Damaged."""
    for piece in unpack.feed(part):
        plain += piece
        if len(plain) > RATIO_FREE and len(plain) > RATIO_MAX * packed:
            raise Unusable(Unfetched.BOMB, f"it grows more than {RATIO_MAX} times when unpacked")
        if len(plain) > limits.plain:
            if limits.cut:
                return True
            raise Unusable(Unfetched.TOO_LARGE, f"it is longer than {limits.plain:,} bytes unpacked")
    return False
