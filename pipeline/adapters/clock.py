"""The Clock of ordinary life, which is a Timer as well."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """See Timer."""
        await asyncio.sleep(seconds)
