"""The Clock of ordinary life."""

from datetime import UTC, datetime


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)
