"""Pages from the web: politely, from public addresses alone, and never more of a body than is safe to hold.

`Fetcher` (`fetcher.py`) is all that others need.
"""

from pipeline.adapters.fetching.fetcher import Fetcher
from pipeline.adapters.fetching.policy import Policy

__all__ = ["Fetcher", "Policy"]
