"""What we counted of a run on our side, warm-up requests included, as its server must have seen it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.report.facts import LevelFacts
from loadcell.stats.columns import OK
from loadcell.stats.fold import merge_folds


@dataclass(frozen=True, slots=True)
class ClientFigures:
    """Requests and tokens of all levels.

    Attributes:
        requests: Those that succeeded.
        begun: Those that were begun, whatever became of them.
        output_tokens: Of the successes.
        ttft_ms: Mean time to first token of the successes; None without any.
        assumed: Warm-up requests of which nothing was kept, counted as successes like the mean of the others.
    """

    requests: int
    begun: int
    output_tokens: float
    ttft_ms: float | None
    assumed: int = 0


def client_figures(levels: Sequence[LevelFacts]) -> ClientFigures:
    """Return the sums over all levels."""
    requests = begun = tokens = first_tokens = assumed = 0
    waits = 0.0
    for level in levels:
        rows = level.samples
        ok = rows.status == OK
        timed = rows.ttft_micros[ok & (rows.ttft_micros >= 0)]
        counted = rows.completion_tokens[ok & (rows.completion_tokens >= 0)]
        requests, begun, tokens = requests + int(ok.sum()), begun + len(rows), tokens + int(counted.sum())
        first_tokens, waits = first_tokens + len(timed), waits + float(timed.sum())
        if level.folded is not None:
            whole = merge_folds(level.folded.folds.values())
            ttft = whole.sketch("ttft")
            requests, begun = requests + whole.counts["ok"], begun + len(whole)
            tokens += whole.counts["completion_tokens"]
            first_tokens, waits = first_tokens + ttft.count, waits + ttft.sum
            assumed += max(0, level.plan.warmup_count - int((rows.warmup > 0).sum())) if level.start_micros else 0
    mean_tokens = tokens / requests if requests else 0.0
    return ClientFigures(
        requests=requests + assumed,
        begun=begun + assumed,
        output_tokens=tokens + assumed * mean_tokens,
        ttft_ms=waits / first_tokens / 1000 if first_tokens else None,
        assumed=assumed,
    )
