"""The steps on the command line; see the package for what each does."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import PantauError
from pipeline.training.ner import card, corpora, student, vectors

TEACHER_STEPS, STUDENT_STEPS = 4_500, 3_500

Step = Callable[[argparse.Namespace], str]


def prepare(chosen: argparse.Namespace) -> str:
    """Corpus files."""
    counts = corpora.prepare(chosen.data, chosen.out)
    return ", ".join(f"{count} sentences for {name}" for name, count in counts.items())


def make_vectors(chosen: argparse.Namespace) -> str:
    """Vectors."""
    return f"vectors in {vectors.build(chosen.data, chosen.out)}"


def train(chosen: argparse.Namespace) -> str:
    """Teachers, silver sentences, student."""
    return f"model in {student.train(chosen.data, chosen.out, chosen.teacher_steps, chosen.student_steps)}"


def evaluate(chosen: argparse.Namespace) -> str:
    """Scores, written into the model's meta.json and card."""
    return card.describe(chosen.model or chosen.out / "id_news_ner", chosen.data)


STEPS: dict[str, Step] = {"prepare": prepare, "vectors": make_vectors, "train": train, "evaluate": evaluate}


def arguments() -> argparse.ArgumentParser:
    """What can be typed."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.training.ner", description="Make the model id_news_ner.")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--data", type=Path, required=True, help="folder with ner/, text/ and statements/")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything that is made; may be reused")
    parser.add_argument("--teacher-steps", type=int, default=TEACHER_STEPS, help="batches for each teacher")
    parser.add_argument("--student-steps", type=int, default=STUDENT_STEPS, help="batches for the shipped model")
    parser.add_argument("--model", type=Path, help="evaluate this model instead of OUT/id_news_ner")
    return parser


def main() -> int:
    """Run one step; 0 when it went well, 2 with one sentence when something is wrong."""
    chosen = arguments().parse_args()
    try:
        sys.stdout.write(f"{STEPS[chosen.step](chosen)}\n")
    except PantauError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
