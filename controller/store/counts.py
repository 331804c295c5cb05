"""How many transactions there were, how long they took, and how they failed: for the metrics of the controller."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

from controller.metrics import names
from loadcell.metric_sheet import Sheet
from loadcell.tally import Tally

_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Counts:
    """The transactions of one side: write, read or look_up. Several threads may count.

    Args:
        operation: What the side does.
        pool: What its connections are called.
        engine: Has its connections.
    """

    def __init__(self, operation: str, pool: str, engine: Engine) -> None:
        self.operation, self.pool = operation, pool
        self._engine = engine
        self._lock = threading.Lock()
        self._waited, self._taken = Tally(_BOUNDS_SECONDS), Tally(_BOUNDS_SECONDS)
        self._errors: Counter[str] = Counter()
        self._retries = 0

    def ended(self, waited: float, taken: float) -> None:
        """Count a transaction: seconds until it had a connection, and then until it was committed or failed."""
        with self._lock:
            self._waited.add(waited)
            self._taken.add(taken)

    def failed(self, error: BaseException) -> None:
        """Count what a transaction failed of, by its class: the database and its driver have a few."""
        with self._lock:
            self._errors[type(error).__name__] += 1

    def again(self) -> None:
        """Count that a transaction is tried again."""
        with self._lock:
            self._retries += 1

    @property
    def retries(self) -> int:
        """How often a transaction was tried again."""
        return self._retries

    @property
    def errors(self) -> Counter[str]:
        """How many transactions failed, by the class of the error."""
        with self._lock:
            return self._errors.copy()

    def fill(self, sheet: Sheet) -> None:
        """Write down what is of this side alone."""
        pool = self._engine.pool
        if isinstance(pool, QueuePool):
            sheet.add(names.POOL_CONNECTIONS, (self.pool, "in_use"), pool.checkedout())
            sheet.add(names.POOL_CONNECTIONS, (self.pool, "idle"), pool.checkedin())
            sheet.add(names.POOL_SIZE, (self.pool,), pool.size())
            sheet.add(names.POOL_IDLE, (self.pool,), pool.checkedin())
        with self._lock:
            sheet.add_tally(names.QUERY_SECONDS, (self.operation,), self._taken)
            sheet.add(names.QUERIES, (self.operation,), self._taken.count)
            sheet.add_tally(names.ACQUIRE_SECONDS, (self.pool,), self._waited)


def fill_all(sheet: Sheet, sides: Iterable[Counts]) -> None:
    """Write down what all sides have counted."""
    errors: Counter[str] = Counter()
    retries = 0
    for side in sides:
        side.fill(sheet)
        errors += side.errors
        retries += side.retries
    for error_type, count in sorted(errors.items()):
        sheet.add(names.QUERY_ERRORS, (error_type,), count)
    sheet.add(names.RETRIES, (), retries)
