"""The confidence of a statement follows from its signs."""

from msgspec.structs import replace

from pipeline.news.confidence import confidence, signs
from tests.news.test_statements import found

(SAID,) = found('"Jembatan itu selesai bulan depan," kata Bupati Sari Dewanti.')
(CONTINUED,) = found('Hujan turun. "Jembatan itu selesai bulan depan," ujarnya.')


def test_each_sign_comes_once() -> None:
    seen = list(signs(SAID, "id-ID"))
    assert len(set(seen)) == len(seen)
    assert {"mean", "rule quote-cue", "group quotation", "kind direct", "language id", "by name"} <= set(seen)
    assert "far from its cue" not in seen
    assert "far from its cue" in signs(replace(SAID, cue_start=SAID.end + 30, cue_end=SAID.end + 34), "id")


def test_a_statement_carries_its_confidence() -> None:
    assert SAID.confidence == confidence(SAID, "id")
    assert 0 < CONTINUED.confidence < SAID.confidence < 1


def test_what_nobody_is_known_to_say_is_less_sure() -> None:
    unknown = replace(SAID, speaker=None, reasons=("unknown",))
    assert confidence(unknown, "id") < confidence(SAID, "id") - 0.1


def test_what_was_never_seen_gets_the_mean_of_the_rest() -> None:
    odd = confidence(replace(SAID, rule="another", reasons=("another",)), "xx")
    assert 0.5 < odd < 1
