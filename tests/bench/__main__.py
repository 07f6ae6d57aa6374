"""`python -m tests.bench [chain|kafka|recovery] [--articles N] [--rounds N] [--long N]`."""

import argparse

from tests.bench import chain


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("chain", "kafka", "recovery")
    parser.add_argument("what", nargs="?", choices=parts, default="chain", help="all but chain need Java and Maven")
    parser.add_argument("--articles", type=int, default=1000, help="articles to measure with (recovery: 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the ratio on Kafka is measured")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="measure memory over N articles too (20000)")
    options = parser.parse_args()
    if options.what == "chain":
        chain.overhead(options.articles)
        chain.speedup(options.articles)
        if options.long:
            chain.footprint(options.long)
        return
    from tests.bench import hops, kafka, recovery  # noqa: PLC0415 - their packages are in extras

    if options.what == "kafka":
        hops.measure()
        kafka.measure(options.articles, options.rounds)
    else:
        recovery.measure(options.articles)


if __name__ == "__main__":
    main()
