"""Computes the result of one level from what its requests add up to: as `level` does from the requests."""

from __future__ import annotations

from collections.abc import Callable

from controller.report import messages
from controller.report.evidence import event_gap_ms, health_evidence, median_ms, timestamp_source
from controller.report.folded import FoldedLevel
from controller.report.level import TOKEN_SOURCES, error_word
from loadcell import sketches
from loadcell.stats.batch_means import interval_of_rate
from loadcell.stats.fold import NANOS
from loadcell.stats.goodput import Goodput, Objectives, percent
from loadcell.stats.latency import MICROS_PER_MS, summarize_histogram, summarize_sketch
from loadcell.stats.quantiles import nearest_rank
from loadcell.stats.sketch import Histogram
from loadcell.stats.ticks import TICK
from loadcell.stats.verdict import Evidence, judge
from loadcell.stats.window import MeasuredWindow
from loadcell.v1 import result_pb2, sample_pb2, target_pb2


def build_folded_level(
    level: FoldedLevel, thresholds: target_pb2.GoodputThresholds, run_start_micros: int
) -> result_pb2.LevelResult:
    """Return the result of a level; see `level.build_level`."""
    whole, window, plan = level.whole, level.window, level.plan
    first, last = level.span or (0, 0)
    result = result_pb2.LevelResult(
        index=plan.index,
        concurrency=plan.concurrency or None,
        requested_rate=plan.rate or None,
        achieved_rate=_start_rate(level, "sent"),
        planned_requests=plan.request_count or None,
        throughput_tokens_per_sec=_output_rate(level, window),
        input_throughput_tokens_per_sec=(
            _rate(level, "input", window) if _is_counted(level, "prompt_counted") else None
        ),
        per_user_tokens_per_sec=_per_user_rate(whole.sketch("tpot")),
        request_rate_per_sec=_rate(level, "ok", window),
        duration_seconds=(last - first) / 1e6,
        window=result_pb2.MeasuredWindow(
            start_seconds=window.start_micros / 1e6, end_seconds=window.end_micros / 1e6, kind=window.kind
        ),
        start_offset_seconds=max(0, level.facts.start_micros - run_start_micros) / 1e6,
    )
    _rate_intervals(result, level)
    if result.HasField("throughput_tokens_per_sec") and result.HasField("input_throughput_tokens_per_sec"):
        result.total_throughput_tokens_per_sec = (
            result.throughput_tokens_per_sec + result.input_throughput_tokens_per_sec
        )
    _latencies(result, level)
    _outcomes(result, level)
    _tokens(result, level)
    _transport(result, level)
    objectives = messages.objectives(thresholds)
    if objectives:
        result.goodput.CopyFrom(
            messages.goodput(_judged(level, objectives), thresholds, _rate(level, "good", window))
        )
    result.verdict.CopyFrom(messages.verdict(judge(_evidence(level, result))))
    return result


def _rate(level: FoldedLevel, name: str, part: MeasuredWindow) -> float | None:
    return level.count(name, part) / part.seconds if part.seconds else None


def _output_rate(level: FoldedLevel, part: MeasuredWindow) -> float | None:
    if not part.seconds or not _is_counted(level, "completion_counted"):
        return None
    return level.tokens(part) / part.seconds


def _start_rate(level: FoldedLevel, name: str) -> float | None:
    """Return starts per second, over the arrivals alone where these are bounded by a count (`arrival_window`)."""
    last = level.whole.extremes.get(f"last_{name}", 0)
    if level.plan.rate and not level.plan.duration_micros and level.whole.counts["sent"]:
        # The last one ends the window and is not in it.
        early = level.whole.ticks.count(name, _BEGINNING, 0)
        return (level.whole.counts["sent"] - early - 1) / (last / 1e6) if last > 0 else None
    return _rate(level, name, level.window)


_BEGINNING = -(2**62)


def _is_counted(level: FoldedLevel, name: str) -> bool:
    counts = level.whole.counts
    return bool(counts[name]) or not counts["ok"]


def _per_user_rate(tpot: Histogram) -> float | None:
    """Return the median of 1/tpot of requests whose tokens did not come all at once."""
    paced = tpot.count - tpot.zero_count
    if not paced:
        return None
    # The lower median of the rates belongs to the higher one of the times.
    rank = paced - nearest_rank(0.5, paced) + 1
    return 1e6 * NANOS / tpot.at_rank(tpot.zero_count + rank)


def _rate_intervals(result: result_pb2.LevelResult, level: FoldedLevel) -> None:
    rates: list[tuple[str, Callable[[MeasuredWindow], float | None]]] = [
        ("throughput_tokens_per_sec", lambda part: _output_rate(level, _to_ticks(part))),
        ("request_rate_per_sec", lambda part: _rate(level, "ok", _to_ticks(part))),
    ]
    for name, rate_in in rates:
        ends = interval_of_rate(
            getattr(result, name) if result.HasField(name) else None,
            level.window,
            rate_in,
            longest_micros=level.whole.sketch("e2e").quantile(0.95),
            completions=level.count("ok", level.window),
        )
        if ends is not None:
            getattr(result, f"{name}_ci").CopyFrom(result_pb2.Interval(low=ends.low, high=ends.high))


def _to_ticks(part: MeasuredWindow) -> MeasuredWindow:
    """Return a slice with the ends of the ticks that are nearest."""
    return MeasuredWindow(round(part.start_micros / TICK) * TICK, round(part.end_micros / TICK) * TICK, part.kind)


def _latencies(result: result_pb2.LevelResult, level: FoldedLevel) -> None:
    whole, failures = level.whole, level.whole.counts["error"]
    merged = sketches.merge_by_metric(level.facts.sketches)
    summaries = {
        "ttft": summarize_sketch(whole.sketch("ttft"), failures),
        "ttfot": summarize_sketch(whole.sketch("ttfot"), failures),
        "tpot": summarize_sketch(whole.sketch("tpot"), failures, per_ms=MICROS_PER_MS * NANOS),
        "itl": summarize_histogram(merged.get("itl", Histogram())),
        "icl": summarize_histogram(merged.get("icl", Histogram())),
        "e2e_latency": summarize_sketch(whole.sketch("e2e"), failures),
        "response_time": summarize_sketch(whole.sketch("response_time"), failures),
        "schedule_delay": summarize_sketch(whole.sketch("schedule_delay")),
        "client_delay": summarize_sketch(whole.sketch("client_delay")),
        "connect": summarize_sketch(whole.sketch("connect")),
    }
    for name, summary in summaries.items():
        getattr(result, name).CopyFrom(messages.latency(summary))


def _outcomes(result: result_pb2.LevelResult, level: FoldedLevel) -> None:
    whole = level.whole
    result.total_requests = len(whole)
    result.successful_requests = whole.counts["ok"]
    result.failed_requests = whole.counts["error"]
    result.cancelled_requests = whole.counts["cancelled"]
    result.censored_requests = whole.counts["censored"]
    share = percent(result.failed_requests, result.total_requests - result.cancelled_requests)
    if share is not None:
        result.error_rate_percent = share
    for number, count in sorted(whole.errors.items()):
        result.errors[error_word(number)] += count
    for number, message in sorted(level.facts.error_messages.items()):
        if error_word(number) in result.errors:
            result.error_messages[error_word(number)] = message
    for reason, count in whole.finish_reasons.items():
        result.finish_reasons[reason] += count
    result.stalled_requests = whole.counts["stalled"]
    if result.stalled_requests:
        result.longest_stall_ms = whole.extremes["longest_stall"] / 1e3


def _tokens(result: result_pb2.LevelResult, level: FoldedLevel) -> None:
    counts = level.whole.counts
    if _is_counted(level, "prompt_counted"):
        result.total_input_tokens = counts["prompt_tokens"]
    if _is_counted(level, "completion_counted"):
        result.total_output_tokens = counts["completion_tokens"]
    result.requested_output_tokens = counts["requested_tokens"]
    if counts["events"]:
        result.tokens_per_event = counts["event_tokens"] / counts["events"]
    sources = [TOKEN_SOURCES.get(number, "unknown") for number in sorted(level.whole.token_sources) if number]
    result.token_source = "mixed" if len(sources) > 1 else "".join(sources)
    if counts["cached_of_tokens"]:
        result.cache_hit_share = counts["cached_tokens"] / counts["cached_of_tokens"]


def _transport(result: result_pb2.LevelResult, level: FoldedLevel) -> None:
    counts = level.whole.counts
    if counts["sent"]:
        result.connection_reuse_ratio = counts["reused"] / counts["sent"]
    if counts["reads"]:
        result.coalesced_share = counts["coalesced_reads"] / counts["reads"]


def _judged(level: FoldedLevel, objectives: Objectives) -> Goodput:
    counts = level.whole.counts
    total = counts["total"] - counts["cancelled"]
    return Goodput(
        satisfied=counts["good"],
        total=total,
        percent=percent(counts["good"], total),
        percent_of_successes=percent(counts["good"], counts["ok"]),
        ttft_satisfied=None if objectives.ttft_ms is None else counts["good_ttft"],
        tpot_satisfied=None if objectives.tpot_ms is None else counts["good_tpot"],
        e2e_satisfied=None if objectives.e2e_ms is None else counts["good_e2e"],
    )


def _evidence(level: FoldedLevel, result: result_pb2.LevelResult) -> Evidence:
    plan, whole = level.plan, level.whole
    return Evidence(
        health=health_evidence(level, result),
        timestamp_source=timestamp_source(level.facts.leases) or "kernel",
        ttft_p50_ms=median_ms(result.ttft) or median_ms(result.e2e_latency),
        e2e_p50_ms=median_ms(result.e2e_latency),
        event_gap_ms=event_gap_ms(result),
        schedule_delay_p99_ms=_tail_ms(whole.sketch("ready_delay")),
        connecting_p99_ms=_tail_ms(whole.sketch("connecting")),
        open_loop=plan.rate > 0,
        poisson=plan.arrival == target_pb2.ARRIVAL_POISSON,
        max_concurrency=plan.max_concurrency,
        requested_rate=plan.rate or None,
        achieved_rate=_start_rate(level, "ready"),
        window_seconds=_evidence_seconds(level),
        requests=result.total_requests,
        client_failures=whole.errors[sample_pb2.ERROR_CLASS_CLIENT],
        lost_agents=len({lease.agent for lease in level.lost_leases}),
        censored=result.censored_requests,
    )


def _evidence_seconds(level: FoldedLevel) -> float:
    if level.plan.rate and not level.plan.duration_micros and level.whole.counts["sent"]:
        return max(0, level.whole.extremes["last_ready"]) / 1e6
    return level.window.seconds


def _tail_ms(histogram: Histogram) -> float | None:
    summary = summarize_sketch(histogram)
    return summary.p95 if summary.p99 is None else summary.p99
