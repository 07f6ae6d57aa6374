"""`python -m tests.bench [chain|kafka|memory] [--articles N] [--long]`."""

import argparse

from tests.bench import chain


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("chain", "kafka"), default="chain", help="kafka needs Java")
    parser.add_argument("--articles", type=int, default=1000, help="articles for the ratios")
    parser.add_argument("--rounds", type=int, default=3, help="how often a ratio is measured")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="measure memory over N articles too (20000)")
    options = parser.parse_args()
    if options.what == "kafka":
        from tests.bench import kafka  # noqa: PLC0415 - its packages are in an extra

        kafka.measure(options.articles, options.rounds)
        return
    chain.overhead(options.articles)
    chain.speedup(options.articles)
    if options.long:
        chain.footprint(options.long)


if __name__ == "__main__":
    main()
