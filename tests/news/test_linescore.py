"""Lines of text copies: the trees, the figures they read, and the choice of the body."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import forest
from pipeline.news.linefeatures import FEATURES, features
from pipeline.news.linescore import best_run, score, segment, word_counts

# Two trees over two features. The first asks feature 0 at 1.5, then feature 1 at -2; the second is a single leaf.
TINY = forest.Forest(
    roots=np.array([0, 5]),
    feature=np.array([0, 1, 0, 0, 0, 0]),
    threshold=np.array([1.5, -2.0, np.inf, np.inf, np.inf, np.inf]),
    left=np.array([1, 3, 2, 3, 4, 5]),
    value=np.array([0.0, 0.0, 7.0, 1.0, 2.0, 0.25]),
    depth=2,
)

PAGE = """Beranda
Nasional
Olahraga
Wali Kota Bandar Sari Tinjau Tanggul yang Jebol - Warta Pagi

Wali Kota Bandar Sari Tinjau Tanggul yang Jebol

Rina Puspita • 3 Maret 2021 09:12
Wali Kota meninjau tanggul di Bandar Sari. (Foto: Warta Pagi)

Bandar Sari: Wali Kota Hendra Wijatmoko meninjau tanggul yang jebol di tepi Sungai Lerang, Rabu pagi. Ia tidak lama.

"Kami akan memperbaiki tanggul ini sebelum musim hujan tiba," kata Hendra kepada wartawan di lokasi.

Baca juga: Harga Beras di Pasar Induk Naik Lagi

Menurut Hendra, pemerintah kota sudah menyiapkan dana perbaikan dan menunggu persetujuan dewan sampai akhir bulan.

Sementara itu, warga berharap perbaikan selesai sebelum bulan puasa. Mereka mengaku sudah dua kali mengungsi.

Editor: Bagus Wirawan

Komentar
Alamat email Anda tidak akan dipublikasikan. Ruas yang wajib ditandai *
Terpopuler
Klub Bandar Sari Menang Telak di Kandang
Harga Cabai Turun Tajam Menjelang Akhir Pekan
Hak Cipta © 2021 Warta Pagi. Semua hak dilindungi undang-undang."""


def parts(text: str) -> tuple[list[str], list[int]]:
    lines, blanks, blank = [], [], 0
    for line in text.split("\n"):
        if line:
            lines.append(line)
            blanks.append(blank)
        blank = 0 if line else blank + 1
    return lines, blanks


any_lines = st.lists(st.text(max_size=60).map(lambda text: text.replace("\n", " ")), min_size=1, max_size=12)


# --- trees


@pytest.mark.parametrize(
    ("row", "odds"),
    [
        ((1.5, -2.0), 1.25),  # equal to a threshold is left
        ((1.5, -1.9), 2.25),
        ((1.6, -9.0), 7.25),
    ],
)
def test_a_row_takes_one_leaf_per_tree(row: tuple[float, float], odds: float) -> None:
    assert TINY.log_odds(np.array([row])).tolist() == [odds]


def test_many_rows_are_judged_as_each_alone() -> None:
    rows = np.random.default_rng(3).normal(1.5, 3.0, (1000, 2))
    assert TINY.log_odds(rows).tolist() == [TINY.log_odds(row[None])[0] for row in rows]
    assert TINY.log_odds(rows[:0]).tolist() == []


def test_probabilities_are_the_logistic_function_of_the_sum() -> None:
    found = TINY.probabilities(np.array([[0.0, -5.0], [9.0, 0.0]]))
    assert found.tolist() == pytest.approx([1 / (1 + math.exp(-1.25)), 1 / (1 + math.exp(-7.25))], abs=1e-12)


def test_a_forest_is_written_and_read_back() -> None:
    held = io.BytesIO()
    forest.save(TINY, held)
    held.seek(0)
    rows = np.array([[1.0, -3.0], [1.0, 3.0], [2.0, 0.0]])
    assert forest.load(held).log_odds(rows).tolist() == TINY.log_odds(rows).tolist()


def test_a_pickle_is_no_forest() -> None:
    held = io.BytesIO()
    np.savez(held, roots=np.array([object()], dtype=object))
    held.seek(0)
    with pytest.raises(ValueError, match="allow_pickle"):
        forest.load(held)


# --- figures


def figure(lines: list[str], name: str, blanks: list[int] | None = None) -> list[float]:
    found: list[float] = features(lines, blanks or [0] * len(lines))[:, FEATURES.index(name)].tolist()
    return found


@given(any_lines)
def test_every_line_has_every_figure_whatever_is_in_it(lines: list[str]) -> None:
    found = features(lines, [0] * len(lines))
    assert found.shape == (len(lines), len(FEATURES))
    assert np.isfinite(found).all()


@given(any_lines)
def test_characters_are_counted_per_line(lines: list[str]) -> None:
    assert np.expm1(figure(lines, "chars")) == pytest.approx([len(line) for line in lines])


def test_words_of_scripts_without_spaces_are_counted_by_sign() -> None:
    assert word_counts(["Dua kata", "市長は川を見た", "市長 Hendra 川"]).tolist() == [2, 3, 2]


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("Ia pergi.", 1),
        ("“Ia pergi.”", 1),
        ("Ia pergi", 0),
        ("他走了。", 1),
        ("क्या हुआ।", 1),
        ("Ia, katanya,", 0),
        ("...", 1),
        ("”", 0),
    ],
)
def test_the_end_of_a_sentence_may_stand_within_marks(line: str, ends: int) -> None:
    assert figure(["Judul", line, "Menu"], "ends")[1] == ends


@pytest.mark.parametrize("line", ["Baca juga: Harga Beras Naik", "READ MORE", "Читайте также: Новости", "相关阅读"])
def test_cues_are_known_in_many_languages(line: str) -> None:
    assert figure([line], "cue_first") == [1]


def test_a_cue_is_a_whole_word_and_no_cue_counts_in_a_paragraph() -> None:
    assert figure(["Pembaca jugalah", "Menu " + "kata " * 50], "cue") == [0, 0]


def test_repeated_lines_and_blank_lines_are_told() -> None:
    lines = ["Bagikan", "Teks lain", "Bagikan"]
    assert figure(lines, "repeated") == [1, 0, 1]
    assert figure(lines, "blank_before", [0, 2, 0]) == [0, 1, 0]
    assert figure(lines, "blank_after", [0, 2, 0]) == [1, 0, 1]


# --- the body


def test_the_body_of_a_page_is_found_between_its_chrome() -> None:
    lines, blanks = parts(PAGE)
    kept = [line for line, body in zip(lines, segment(score(lines, blanks), word_counts(lines))) if body]
    assert [line.split()[0] for line in kept] == ["Bandar", '"Kami', "Menurut", "Sementara"]


def test_one_count_of_blank_lines_is_needed_per_line() -> None:
    with pytest.raises(ValueError, match="2 lines with 1 counts"):
        score(["satu", "dua"], [0])


def test_a_page_without_lines_has_no_body() -> None:
    assert score([], []).tolist() == []
    assert segment(np.zeros(0), []) == []


@given(any_lines)
def test_scores_are_probabilities_and_the_same_each_time(lines: list[str]) -> None:
    found = score(lines, [1] * len(lines))
    assert ((found >= 0) & (found <= 1)).all()
    assert found.tolist() == score(lines, [1] * len(lines)).tolist()
    assert len(segment(found, word_counts(lines))) == len(lines)


def test_lone_surrogates_and_signs_beyond_the_first_plane_are_no_error() -> None:
    assert score(["\ud800 x", "\U00020000\U00020001", "\U0001f600"], [0, 0, 0]).shape == (3,)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=12))
def test_the_best_run_has_the_greatest_sum(weights: list[int]) -> None:
    first, last = best_run(np.array(weights, dtype=np.float64))
    sums = [sum(weights[i : j + 1]) for i in range(len(weights)) for j in range(i, len(weights))]
    assert sum(weights[first : last + 1]) == max(0, *sums)


def test_unlikely_lines_within_the_run_are_left_out() -> None:
    assert segment(np.array([0.1, 0.9, 0.05, 0.9, 0.1]), [3, 40, 5, 40, 3]) == [False, True, False, True, False]


def test_a_page_the_trees_are_unsure_of_has_a_body_all_the_same() -> None:
    assert segment(np.array([0.01, 0.3, 0.35, 0.3, 0.01]), [2, 40, 40, 40, 2]) == [False, True, True, True, False]
