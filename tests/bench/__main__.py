"""`python -m tests.bench [--articles N] [--long]`."""

import argparse

from tests.bench import chain


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000, help="articles for the ratios")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="measure memory over N articles too (20000)")
    options = parser.parse_args()
    chain.overhead(options.articles)
    chain.speedup(options.articles)
    if options.long:
        chain.footprint(options.long)


if __name__ == "__main__":
    main()
