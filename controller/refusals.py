"""What was refused of agents: counted by reason, and logged as far as the log stays readable."""

from __future__ import annotations

import time
from collections import Counter

import structlog
from prometheus_client import CollectorRegistry

from controller.metrics import names
from loadcell.errors import REASONS
from loadcell.metric_sheet import Sheet, show

log = structlog.get_logger()

# Reasons that are told in answers of a stream, beside those of the catalog.
_IN_BAND = frozenset(
    {
        "UNKNOWN_LEASE",
        "WRONG_AGENT",
        "CORRUPT_BATCH",
        "BATCH_GAP",
        "BATCH_TOO_LARGE",
        "LEASE_ENDED",
        "RUN_DELETED",
    }
)
_BURST = 100  # lines
_PER_SECOND = 10.0  # lines, beyond the burst


class Refusals:
    """Counts all and logs at most ten a second, so that nobody can fill a disk by being refused.

    Args:
        registry: Where the counts are shown; their labels are the reasons there are.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counts: Counter[str] = Counter()
        show(registry, (names.AGENT_REFUSALS,), self._fill)
        self._allowance, self._at = float(_BURST), time.monotonic()
        self._unlogged = 0

    def note(self, reason: str, **facts: object) -> None:
        """Count a refusal; `facts` are for the log, texts of an agent cut to 200 characters."""
        self._counts[reason if reason in REASONS or reason in _IN_BAND else "OTHER"] += 1
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + _PER_SECOND * (now - self._at))
        self._at = now
        if self._allowance < 1:
            self._unlogged += 1
            return
        self._allowance -= 1
        more = {"not_logged_before": self._unlogged} if self._unlogged else {}
        self._unlogged = 0
        shown = {name: fact[:200] if isinstance(fact, str) else fact for name, fact in facts.items()}
        log.warning("agent_refused", reason=reason, **shown, **more)

    def _fill(self, sheet: Sheet) -> None:
        for reason, count in sorted(self._counts.items()):
            sheet.add(names.AGENT_REFUSALS, (reason,), count)
