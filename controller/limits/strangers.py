"""Who shows credentials that are wrong again and again is refused without a look at more of them."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from controller.limits.bucket import Rate
from controller.limits.memory import Buckets
from controller.metrics import names
from loadcell.metric_sheet import Sheet, show

_ADDRESSES = 10_000
_KNOWN = 10_000  # credentials that were right
HELD_SECONDS = 1.0  # before a refusal is told: who waits for it tries the next one no sooner
REFUSALS_A_SECOND = 500  # are told; more wait in line, for telling takes time that others are served in
LONGEST_SECONDS = 20.0  # in line; more are told at once, for each that waits takes memory


class Strangers:
    """Failed authentications by address. Credentials that were right before are looked at all the same.

    Args:
        per_minute: Failures of an address, after which it waits; 0: it never does.
        registry: Where failures and refusals are counted.
    """

    def __init__(
        self, per_minute: int, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = Rate(per_minute, per_minute) if per_minute else None
        self._clock = clock
        self._next = float("-inf")  # when the line of those who are refused ends
        self._failures = Buckets(_ADDRESSES, clock)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._failed = self._unheard = 0
        show(registry, (names.AUTH_FAILURES,), self._fill)

    @property
    def there_are(self) -> bool:
        """Whether any authentication has failed."""
        return len(self._failures) > 0

    def wait(self, address: str) -> float:
        """Return after how many seconds an address may try again; 0: now."""
        if self._rate is None or address not in self._failures:
            return 0.0
        level = self._failures.get(address, self._rate).level()
        return max(1 - level, 0.0) / self._rate.per_second

    def knows(self, credential: str) -> bool:
        """Whether a credential was right when it was last looked at."""
        return _digest(credential) in self._known

    def unheard(self) -> float:
        """Count a call that is refused without a look, and return after how many seconds it is told so."""
        self._unheard += 1
        now = self._clock()
        told = max(now + HELD_SECONDS, self._next)
        if told - now > LONGEST_SECONDS:
            return 0.0
        self._next = told + 1 / REFUSALS_A_SECOND
        return told - now

    def failed(self, address: str, credential: str | None) -> None:
        """Note that a credential was wrong; None: one that is not looked at here."""
        self._failed += 1
        if credential is not None:
            self._known.pop(_digest(credential), None)
        if self._rate is None:
            return
        bucket = self._failures.get(address, self._rate)
        if bucket.level() >= 1:
            bucket.take()

    def right(self, credential: str) -> None:
        """Note that a credential was right."""
        digest = _digest(credential)
        self._known[digest] = None
        self._known.move_to_end(digest)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)

    def _fill(self, sheet: Sheet) -> None:
        sheet.add(names.AUTH_FAILURES, ("failed",), self._failed)
        sheet.add(names.AUTH_FAILURES, ("unheard",), self._unheard)


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
