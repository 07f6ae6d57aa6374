"""`python -m tests.bench PART`, each part with options of its own; `--help` names the parts."""

import argparse

from tests.bench import chain, duplicates, ledger, statements, utterances, watches
from tests.bench.corpus import ROOT

LEDGER_SECONDS = 1800
"""How long a ledger may grow."""


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("chain", "kafka", "recovery", "duplicates", "statements", "watches", "ledger", "utterances")
    parser.add_argument(
        "part", nargs="?", choices=parts, default="chain", help="kafka and recovery need Java and Maven"
    )
    parser.add_argument("--articles", type=int, default=1000, help="articles to measure with (recovery: 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the ratio on Kafka is measured")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="measure memory over N articles too (20000)")
    parser.add_argument("--state", type=int, default=200_000, metavar="N", help="remember N articles (1000000)")
    parser.add_argument("--statements", type=int, default=100_000, metavar="N", help="statements of a preview")
    parser.add_argument("--utterances", type=int, default=100_000, metavar="N", help="a ledger of so many (1000000)")
    options = parser.parse_args()
    if options.part == "chain":
        chain.overhead(options.articles)
        chain.speedup(options.articles)
        if options.long:
            chain.footprint(options.long)
    elif options.part == "duplicates":
        duplicates.report(ROOT / "build" / "bench" / "duplicates", options.state)
    elif options.part == "statements":
        statements.report()
    elif options.part == "watches":
        watches.measure(options.statements)
    elif options.part == "utterances":
        utterances.report()
    elif options.part == "ledger":
        ledger.report([size for size in (10_000, 100_000, 1_000_000) if size <= options.utterances], LEDGER_SECONDS)
    else:
        _on_kafka(options)


def _on_kafka(options: argparse.Namespace) -> None:
    from tests.bench import hops, kafka, recovery  # noqa: PLC0415 - their packages are in extras

    if options.part == "kafka":
        hops.measure()
        kafka.measure(options.articles, options.rounds)
    else:
        recovery.measure(options.articles)


if __name__ == "__main__":
    main()
