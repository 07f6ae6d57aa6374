"""`python -m tests.bench [chain|duplicates] [--articles N] [--long N] [--state N]`."""

import argparse

from tests.bench import chain, duplicates
from tests.bench.corpus import ROOT


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["chain", "duplicates"], help="one of them alone")
    parser.add_argument("--articles", type=int, default=1000, help="articles for the ratios of the chain")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="measure memory over N articles too (20000)")
    parser.add_argument("--state", type=int, default=200_000, metavar="N", help="remember N articles (1000000)")
    options = parser.parse_args()
    if options.part != "duplicates":
        chain.overhead(options.articles)
        chain.speedup(options.articles)
        if options.long:
            chain.footprint(options.long)
    if options.part != "chain":
        duplicates.report(ROOT / "build" / "bench" / "duplicates", options.state)


if __name__ == "__main__":
    main()
