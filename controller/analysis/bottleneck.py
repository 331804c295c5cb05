"""What holds a server back when there is more load, told from where the added latency is."""

from __future__ import annotations

from controller.analysis.finding import INFO, WARNING, Finding
from controller.analysis.level import Level
from controller.analysis.sweep import Sweep

# Latencies that grow by less from the lowest to the highest load do not say what is short.
FLAT_GROWTH = 1.2
# A queue lets those who are being served go on at their pace, while those who wait wait long.
QUEUE_TTFT_GROWTH = 2.0
QUEUE_TPOT_GROWTH = 1.25
# Share of the added latency from which on it is one side's doing.
MOSTLY = 0.6


def bottleneck(found: Sweep) -> list[Finding]:
    """Return what the latency that comes with more load consists of; nothing for a single level."""
    low, high = found.lowest, found.highest
    before, after = low.latency("e2e_latency"), high.latency("e2e_latency")
    if low is high or not before or after is None:
        return []
    share = _share_of_ttft(low, high, after - before)
    code, severity = "LATENCY_FLAT", INFO
    if after >= FLAT_GROWTH * before:
        code, severity = _growing(found, share), WARNING
    return [
        low.finding(
            code,
            severity,
            load_to=high.load,
            e2e_from_ms=before,
            e2e_to_ms=after,
            ttft_from_ms=low.latency("ttft"),
            ttft_to_ms=high.latency("ttft"),
            tpot_from_ms=low.latency("tpot"),
            tpot_to_ms=high.latency("tpot"),
            ttft_share_percent=None if share is None else 100.0 * share,
        )
    ]


def _growing(found: Sweep, share: float | None) -> str:
    tpot_growth = _growth(found, "tpot")
    if share is None or tpot_growth is None:
        return "LATENCY_RISES"
    if share >= MOSTLY:
        waits = (_growth(found, "ttft") or 0.0) >= QUEUE_TTFT_GROWTH and tpot_growth <= QUEUE_TPOT_GROWTH
        return "QUEUEING" if waits and found.saturated else "PREFILL_BOUND"
    return "DECODE_BOUND" if share <= 1.0 - MOSTLY and tpot_growth >= FLAT_GROWTH else "MIXED_GROWTH"


def _share_of_ttft(low: Level, high: Level, added: float) -> float | None:
    """Return the share of the added latency that is before the first token, 0 to 1."""
    before, after = low.latency("ttft"), high.latency("ttft")
    if before is None or after is None or added <= 0:
        return None
    return min(1.0, max(0.0, (after - before) / added))


def _growth(found: Sweep, name: str) -> float | None:
    before, after = found.lowest.latency(name), found.highest.latency(name)
    return after / before if before and after is not None else None
