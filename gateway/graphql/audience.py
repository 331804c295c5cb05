"""Who is shown the schema and the page to try it: by default the only user of this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.door import OpenDoorError
from gateway.graphql.settings import LOCAL, ON
from loadcell.errors import LoadcellError

Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Audience:
    """Knows whether there is only one user.

    Attributes:
        if_shut: raises OpenDoorError where the controller lets everybody in; None: others can reach the gateway.
    """

    if_shut: Check | None

    def check_of(self, shown: str, refusal: LoadcellError) -> Check:
        """Return what raises `refusal` for those who are not shown something; `shown` is a setting."""

        async def check() -> None:
            if not (shown == ON or (shown == LOCAL and await self._is_alone())):
                raise refusal.with_traceback(None)

        return check

    async def _is_alone(self) -> bool:
        if self.if_shut is None:
            return False
        try:
            await self.if_shut()
        except OpenDoorError:
            return True
        return False
