"""How well statements are put together that say the same: Pantau, MinHash and TF-IDF on the annotated statements."""

from pipeline.evaluation import utterances as evaluation
from tests.bench.corpus import NEWS
from tests.golden import said


def report() -> None:
    """Print the figures of both collections, and of the held part of each."""
    if not NEWS.exists():
        print(f"\nutterances: needs the news texts {NEWS}")
        return
    print("\n  statements                program     pairs: F (P, R)           B-cubed: F (P, R)")
    for name, collection in (("statements", said.statements()), ("stories", said.stories())):
        programs = {"pantau": said.ours(collection)}
        programs |= {name: rival(collection.cases) for name, rival in evaluation.RIVALS.items()}
        for held in (False, True):
            what = f"{name}, {'held' if held else 'development'}"
            for program, found in programs.items():
                row = collection.figures(found, held)
                print(
                    f"  {what:24}  {program:8}    {row['f1']:.3f} ({row['precision']:.3f}, {row['recall']:.3f})"
                    f"      {row['cubed_f1']:.3f} ({row['cubed_precision']:.3f}, {row['cubed_recall']:.3f})"
                )
    print("  goals on held statements: F .90, B-cubed F .92")
