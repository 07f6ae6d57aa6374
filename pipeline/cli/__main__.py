"""`python -m pipeline.cli` is the same program as `pantau`."""

from pipeline.cli.app import main

main()
