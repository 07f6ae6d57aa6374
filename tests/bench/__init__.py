"""Benchmarks: `make bench`. Each prints a table; ratios come from one run, since machines differ and are shared."""
