import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import words


def hashed(found: list[str]) -> words.Hashes:
    return words.hash_encoded([word.encode("utf-8", "surrogatepass") for word in found])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Harga naik 10.000, “Café” naïve!", ["harga", "naik", "10", "000", "café", "naïve"]),
        ("kata_kunci NATO和 ไทย", ["kata", "kunci", "nato", "和", "ไ", "ท", "ย"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words.words(text) == found


@given(st.text(max_size=200))
def test_words_do_not_depend_on_the_place_of_spaces_at_the_ends(text: str) -> None:
    assert words.words(f" {text}\n") == words.words(text)


@given(st.lists(st.sampled_from("abcde"), min_size=5, max_size=30), st.integers(0, 2**64 - 1))
def test_equal_runs_have_equal_hashes_and_others_do_not(found: list[str], seed: int) -> None:
    hashes = words.shingles(hashed(found), 3, seed)
    runs = [tuple(found[start : start + 3]) for start in range(len(found) - 2)]
    assert len(hashes) == len(runs)
    assert len(set(hashes.tolist())) == len(set(runs))


def test_the_order_within_a_run_counts() -> None:
    one, other = (words.shingles(hashed(text.split()), 3, 7) for text in ("a b c", "c b a"))
    assert one.tolist() != other.tolist()


def test_a_text_shorter_than_the_run_has_none() -> None:
    assert words.shingles(hashed(["a", "b"]), 3, 0).size == 0


def test_hashes_are_the_same_everywhere() -> None:
    assert words.hash64("pantau") == 14049146630557072098
    assert words.shingles(hashed(["a", "b", "c"]), 3, 1).tolist() == [4453076499316440115]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_postings_keep_the_bits(hashes: list[int]) -> None:
    signed = words.postings(np.array(hashes, dtype=np.uint64))
    assert [number % 2**64 for number in signed] == hashes
    assert all(-(2**63) <= number < 2**63 for number in signed)


def test_identities_of_other_parts_differ() -> None:
    assert words.identity("a", "b") != words.identity("ab") != words.identity("a", "", "b")
