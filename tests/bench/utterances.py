"""How well statements are put together that say the same: Pantau, MinHash and TF-IDF on the annotated statements."""

from pipeline.adapters.memory import MemoryState
from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Found
from tests.bench.corpus import NEWS
from tests.golden.said import cases, held


def report() -> None:
    """Print the figures of both halves; all statements are there when they are put together, as in a ledger."""
    if not NEWS.exists():
        print(f"\nutterances: needs the news texts {NEWS}")
        return
    said = cases()
    programs = {"pantau": evaluation.ours(said, MemoryState())}
    programs |= {name: rival(said) for name, rival in evaluation.RIVALS.items()}
    print("\n  half          program     pairs: F (P, R)           B-cubed: F (P, R)")
    for half, name in ((False, "development"), (True, "held")):
        places = [place for place, case in enumerate(said) if held(case.utterance) is half]
        for program, found in programs.items():
            own = Found([found.utterances[place] for place in places], found.seconds)
            row = evaluation.figures_of([said[place] for place in places], own)
            print(
                f"  {name:12}  {program:8}    {row['f1']:.3f} ({row['precision']:.3f}, {row['recall']:.3f})"
                f"      {row['cubed_f1']:.3f} ({row['cubed_precision']:.3f}, {row['cubed_recall']:.3f})"
            )
    print("  goals on the held half: F .90, B-cubed F .92")
