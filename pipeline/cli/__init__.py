"""The command line: `pantau`. A composition root: here the parts are chosen and put together."""

from pipeline.cli.app import main

__all__ = ["main"]
