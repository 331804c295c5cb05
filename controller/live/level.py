"""Live figures of one level: folds committed batches in constant memory. Pure: the time is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from controller.live.recent import RecentRate
from controller.report import messages
from controller.report.level import error_word
from loadcell import sketches
from loadcell.stats import goodput
from loadcell.stats.columns import ERROR, OK, Ints, SampleArrays
from loadcell.stats.fold import NANOS, Fold
from loadcell.stats.sketch import Histogram, bucket_counts, merge
from loadcell.stats.verdict import CLEAN, Evidence, judge, worst
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2, sample_pb2, target_pb2

METRICS = ("ttft", "itl", "e2e")
# Successful requests before a level is held against an objective: one slow request is no sign of anything.
LEAST_FOR_OBJECTIVE = 20


class Beyond(NamedTuple):
    """An objective that a level does not meet: the 95th percentile is above it. In milliseconds."""

    name: str
    objective: float
    value: float


class LiveLevel:
    """Counters and distributions of the measured requests of one level.

    Every `now` is in seconds on one monotonic clock of the caller. Batches may come in any order and from any
    agent, each exactly once.
    """

    def __init__(self, plan: target_pb2.LevelPlan, objectives: goodput.Objectives) -> None:
        self.plan = plan
        self._objectives = objectives
        self._started_at: float | None = None
        self._finished_at: float | None = None
        self._completed = self._succeeded = self._failed = self._good = 0
        self._errors: Counter[str] = Counter()
        self._input_tokens = self._output_tokens = 0
        self._histograms = dict.fromkeys(METRICS, Histogram())
        self._recent = RecentRate()
        self._leases: dict[str, agent_pb2.LeaseProgress] = {}
        self._latest: run_pb2.RequestLog | None = None
        self._final: fleet_pb2.LevelMetrics | None = None  # until something is added
        # Those that are set and were not missed yet, by the metric they are on.
        limits = {"ttft": objectives.ttft_ms, "tpot": objectives.tpot_ms, "e2e": objectives.e2e_ms}
        self._unmissed = {metric: limit for metric, limit in limits.items() if limit is not None}
        self._tpot = Histogram()  # nanoseconds, as in folds

    @property
    def begun(self) -> bool:
        """Whether the measured phase has begun."""
        return self._started_at is not None

    @property
    def finished(self) -> bool:
        """Whether the level has ended."""
        return self._finished_at is not None

    def begin(self, now: float) -> None:
        """Note the start of the measured phase; a second call changes nothing."""
        if self._started_at is None:
            self._started_at = now

    def finish(self, now: float) -> None:
        """Note the end of the level, after which its figures stand still."""
        self.begin(now)
        if self._finished_at is None:
            self._finished_at = now
        for progress in self._leases.values():
            progress.in_flight = 0

    def progress(self, progress: agent_pb2.LeaseProgress) -> None:
        """Take the present state of a lease from a heartbeat of its agent."""
        self._final = None
        kept = agent_pb2.LeaseProgress()
        kept.CopyFrom(progress)
        self._leases[progress.lease_id] = kept

    def next_ordinal(self, lease_id: str) -> int:
        """Return one above the highest ordinal a lease is known to have started; 0 when none is."""
        progress = self._leases.get(lease_id)
        return progress.next_ordinal if progress is not None else 0

    def share(self, lease_id: str) -> tuple[agent_pb2.LeaseProgress, str]:
        """Return the last word of the agent of a lease, and what its state says of its figures."""
        progress = self._leases.get(lease_id) or agent_pb2.LeaseProgress()
        return progress, _judged(progress, self._ttft_ms())

    def note_latest(self, request: run_pb2.RequestLog | None) -> None:
        """Take the request that ended last of a batch; batches may be older than what is known."""
        if request is not None and (self._latest is None or _ended(request) >= _ended(self._latest)):
            self._latest = request

    def forget(self, lease_id: str) -> None:
        """Take a lease out that is lost or done: nothing of it is in flight any more."""
        if lease_id in self._leases:
            self._final = None
            self._leases[lease_id].in_flight = 0

    def fold(self, samples: SampleArrays, batch_sketches: Iterable[sample_pb2.Sketch], now: float) -> None:
        """Add one committed batch; warm-up requests do not count.

        Raises:
            ValueError: A sketch is corrupt; nothing was added.
        """
        of_batch = sketches.merge_by_metric(s for s in batch_sketches if s.metric == "itl")
        self.begin(now)
        self._final = None
        rows = samples.where(samples.warmup == 0) if samples.warmup.any() else samples
        ok, failed = rows.status == OK, rows.status == ERROR
        output_tokens = int(np.maximum(rows.completion_tokens[ok], 0).sum())
        self._completed += len(rows)
        self._succeeded += int(ok.sum())
        self._failed += int(failed.sum())
        self._errors.update(error_word(number) for number in rows.error_class[failed].tolist())
        self._input_tokens += int(np.maximum(rows.prompt_tokens[ok], 0).sum())
        self._output_tokens += output_tokens
        if self._objectives:
            self._good += goodput.assess(rows, self._objectives).satisfied
        of_batch["ttft"] = _histogram(rows.ttft_micros[ok])
        of_batch["e2e"] = _histogram(rows.e2e_micros[ok])
        self._merge(of_batch)
        if "tpot" in self._unmissed:
            tpot = rows.tpot_micros[ok]
            self._tpot = merge([self._tpot, bucket_counts(tpot[tpot >= 0] * NANOS)])
        self._recent.add(now, len(rows), output_tokens)

    def fold_sums(self, sums: Fold, now: float) -> None:
        """Add what committed batches add up to, without their sketches of gaps."""
        self.begin(now)
        self._final = None
        counts = sums.counts
        self._completed += len(sums)
        self._succeeded += counts["ok"]
        self._failed += counts["error"]
        for number, count in sums.errors.items():
            self._errors[error_word(number)] += count
        self._input_tokens += counts["prompt_tokens"]
        self._output_tokens += counts["completion_tokens"]
        if self._objectives:
            self._good += counts["good"]
        self._merge({"ttft": sums.sketch("ttft"), "e2e": sums.sketch("e2e")})
        if "tpot" in self._unmissed:
            self._tpot = merge([self._tpot, sums.sketch("tpot")])
        self._recent.add(now, len(sums), counts["completion_tokens"])

    def _merge(self, histograms: Mapping[str, Histogram]) -> None:
        for metric, histogram in histograms.items():
            self._histograms[metric] = merge([self._histograms[metric], histogram])

    def newly_beyond(self) -> list[Beyond]:
        """Return the objectives that are missed and were not when this was last asked."""
        found = []
        for metric, limit in list(self._unmissed.items()):
            histogram, per_ms = (self._tpot, 1e3 * NANOS) if metric == "tpot" else (self._histograms[metric], 1e3)
            value = histogram.quantile(0.95) if histogram.count >= LEAST_FOR_OBJECTIVE else None
            if value is not None and value / per_ms > limit:
                del self._unmissed[metric]
                found.append(Beyond(f"{metric}_ms", limit, value / per_ms))
        return found

    def share_done(self, now: float) -> float:
        """Return how much of the level is done, 0 to 1; a finished level is done whatever it reached."""
        if self.finished:
            return 1.0
        total = self._total()
        return min(1.0, self._current(now) / total) if total else 0.0

    def elapsed(self, now: float) -> float:
        """Return seconds since the measured phase began, 0 before, standing still after the end."""
        if self._started_at is None:
            return 0.0
        return max(0.0, (now if self._finished_at is None else self._finished_at) - self._started_at)

    def describe(self, now: float) -> run_pb2.LevelProgress:
        """Return the figures of the level at this moment."""
        moment = now if self._finished_at is None else self._finished_at
        requests, tokens = self._recent.per_second(moment, self.elapsed(now))
        current, total = self._current(now), self._total()
        return run_pb2.LevelProgress(
            index=self.plan.index,
            concurrency=self.plan.concurrency or None,
            requested_rate=self.plan.rate or None,
            current=min(current, total) if total else current,
            total=total,
            percent=100.0 * min(1.0, current / total) if total else 0.0,
            completed=self._completed,
            success_count=self._succeeded,
            error_count=self._failed,
            errors=self._errors,
            in_flight=sum(p.in_flight for p in self._leases.values()),
            request_rate=requests,
            token_rate=tokens,
            output_tokens=self._output_tokens,
            input_tokens=self._input_tokens,
            ttft=_latency(self._histograms["ttft"]),
            itl=_latency(self._histograms["itl"]),
            e2e=_latency(self._histograms["e2e"]),
            good_count=self._good,
            finished=self.finished,
            verdict=self._verdict(),
            elapsed_seconds=self.elapsed(now),
            latest_request=None if self.finished else self._latest,
        )

    def metrics(self, now: float) -> fleet_pb2.LevelMetrics:
        """Return the figures with the distributions behind them, for the exporter.

        Those of a level that has ended stand still, and most levels of a run have: they are made once.
        """
        if self._final is not None:
            return self._final
        made = fleet_pb2.LevelMetrics(
            progress=self.describe(now),
            sketches=[sketches.to_message(metric, self._histograms[metric]) for metric in METRICS],
            objectives_set=bool(self._objectives),
        )
        if self.finished:
            self._final = made
        return made

    def _current(self, now: float) -> float:
        return self.elapsed(now) if self.plan.duration_micros else float(self._completed)

    def _total(self) -> float:
        return self.plan.duration_micros / 1e6 if self.plan.duration_micros else float(self.plan.request_count)

    def _verdict(self) -> str:
        """Return the worst verdict of the agents by their last word.

        Heartbeats carry no reason to doubt the schedule; the final verdict, made from the samples, does.
        """
        ttft_ms = self._ttft_ms()
        return worst([_judged(progress, ttft_ms) for progress in self._leases.values()] or [CLEAN])

    def _ttft_ms(self) -> float | None:
        ttft = self._histograms["ttft"].quantile(0.5)
        return None if ttft is None else ttft / 1e3


def _judged(progress: agent_pb2.LeaseProgress, ttft_p50_ms: float | None) -> str:
    found = judge(Evidence(health=messages.health(progress.health), ttft_p50_ms=ttft_p50_ms))
    return worst([finding.status for finding in found] or [CLEAN])


def _ended(request: run_pb2.RequestLog) -> int:
    return request.timestamp.ToMicroseconds()


def _histogram(micros: Ints) -> Histogram:
    return bucket_counts(micros[micros >= 0].astype(np.float64))


def _latency(histogram: Histogram) -> run_pb2.LiveLatency:
    values = {
        "mean": histogram.mean,
        "p50": histogram.quantile(0.5),
        "p95": histogram.quantile(0.95),
        "p99": histogram.quantile(0.99),
    }
    return run_pb2.LiveLatency(
        count=histogram.count, **{name: None if v is None else v / 1e3 for name, v in values.items()}
    )
