"""Computes the result of one level from its measured requests."""

from __future__ import annotations

import numpy as np

from controller.report import messages
from controller.report.evidence import level_evidence
from controller.report.measured import MeasuredLevel
from loadcell import sketches
from loadcell.documents import enum_words
from loadcell.stats import goodput, rates
from loadcell.stats.batch_means import rate_interval
from loadcell.stats.columns import CANCELLED, CENSORED, ERROR, OK, Floats, Ints, Mask, SampleArrays, is_counted
from loadcell.stats.latency import LatencySummary, summarize, summarize_histogram
from loadcell.stats.sketch import Histogram
from loadcell.stats.verdict import judge
from loadcell.stats.window import end_offsets
from loadcell.v1 import result_pb2, sample_pb2, target_pb2

TOKEN_SOURCES = {number: word for number, word in enum_words(sample_pb2.TokenSource.DESCRIPTOR).items() if number}


def build_level(
    level: MeasuredLevel, thresholds: target_pb2.GoodputThresholds, run_start_micros: int
) -> result_pb2.LevelResult:
    """Return the result of a level.

    Latencies are those of successful requests; the schedule delay is that of all requests known to have been sent,
    because it is the load generator's and not the server's. Every figure without requests behind it stays unset.

    Args:
        level: Measured requests.
        thresholds: Objectives of the run, possibly none.
        run_start_micros: Start of the first level, controller clock.
    """
    rows, window, plan = level.rows, level.window, level.plan
    ok, starts = rows.status == OK, level.sent.start_offset_micros
    result = result_pb2.LevelResult(
        index=plan.index,
        concurrency=plan.concurrency or None,
        requested_rate=plan.rate or None,
        achieved_rate=rates.start_rate(starts, level.arrival_window(starts)),
        planned_requests=plan.request_count or None,
        throughput_tokens_per_sec=rates.output_token_rate(rows, window),
        input_throughput_tokens_per_sec=rates.input_token_rate(rows, window),
        per_user_tokens_per_sec=rates.per_user_token_rate(rows.tpot_micros[ok]),
        request_rate_per_sec=rates.completion_rate(rows, ok, window),
        duration_seconds=_duration_seconds(rows),
        window=result_pb2.MeasuredWindow(
            start_seconds=window.start_micros / 1e6, end_seconds=window.end_micros / 1e6, kind=window.kind
        ),
        start_offset_seconds=max(0, level.facts.start_micros - run_start_micros) / 1e6,
    )
    _rate_intervals(result, level, ok)
    if result.HasField("throughput_tokens_per_sec") and result.HasField("input_throughput_tokens_per_sec"):
        result.total_throughput_tokens_per_sec = (
            result.throughput_tokens_per_sec + result.input_throughput_tokens_per_sec
        )
    _latencies(result, level, ok)
    _outcomes(result, level, ok)
    _tokens(result, level, ok)
    _transport(result, level.sent)
    objectives = messages.objectives(thresholds)
    if objectives:
        judged = goodput.assess(rows, objectives)
        result.goodput.CopyFrom(
            messages.goodput(judged, thresholds, rates.completion_rate(rows, judged.good, window))
        )
    result.verdict.CopyFrom(messages.verdict(judge(level_evidence(level, result))))
    return result


def _rate_intervals(result: result_pb2.LevelResult, level: MeasuredLevel, ok: Mask) -> None:
    rows, window = level.rows, level.window
    for name, rate_in in (
        ("throughput_tokens_per_sec", lambda part: rates.output_token_rate(rows, part)),
        ("request_rate_per_sec", lambda part: rates.completion_rate(rows, ok, part)),
    ):
        ends = rate_interval(getattr(result, name) if result.HasField(name) else None, rows, window, rate_in)
        if ends is not None:
            getattr(result, f"{name}_ci").CopyFrom(result_pb2.Interval(low=ends.low, high=ends.high))


def _duration_seconds(rows: SampleArrays) -> float:
    if not len(rows):
        return 0.0
    return float(end_offsets(rows).max() - rows.start_offset_micros.min()) / 1e6


def _latencies(result: result_pb2.LevelResult, level: MeasuredLevel, ok: Mask) -> None:
    rows = level.rows
    failures = int((rows.status == ERROR).sum())
    delay = _delay(rows)
    merged = sketches.merge_by_metric(level.facts.sketches)

    def served(column: Ints | Floats) -> LatencySummary:
        return summarize(column[ok & (column >= 0)], failures)

    summaries = {
        "ttft": served(rows.ttft_micros),
        "ttfot": served(rows.ttfot_micros),
        "tpot": served(rows.tpot_micros),
        "itl": summarize_histogram(merged.get("itl", Histogram())),
        "icl": summarize_histogram(merged.get("icl", Histogram())),
        "e2e_latency": served(rows.e2e_micros),
        "response_time": served(np.where(rows.e2e_micros >= 0, rows.e2e_micros + delay, -1)),
        "schedule_delay": summarize(_delay(level.sent)),
        "client_delay": summarize(rows.client_delay_micros[ok & (rows.client_delay_micros >= 0)]),
        "connect": summarize(rows.connect_micros[rows.connect_micros >= 0]),
    }
    for name, summary in summaries.items():
        getattr(result, name).CopyFrom(messages.latency(summary))


def _delay(rows: SampleArrays) -> Ints:
    delay: Ints = np.maximum(rows.start_offset_micros - rows.scheduled_offset_micros, 0)
    return delay


def _outcomes(result: result_pb2.LevelResult, level: MeasuredLevel, ok: Mask) -> None:
    rows = level.rows
    failed = rows.status == ERROR
    result.total_requests = len(rows)
    result.successful_requests = int(ok.sum())
    result.failed_requests = int(failed.sum())
    result.cancelled_requests = int((rows.status == CANCELLED).sum())
    result.censored_requests = int((rows.status == CENSORED).sum())
    share = goodput.percent(result.failed_requests, result.total_requests - result.cancelled_requests)
    if share is not None:
        result.error_rate_percent = share
    for number, count in _counts(rows.error_class[failed]):
        result.errors[error_word(number)] += count
    for number, message in sorted(level.facts.error_messages.items()):
        if error_word(number) in result.errors:
            result.error_messages[error_word(number)] = message
    for number, count in _counts(rows.finish_reason[ok]):
        if 0 <= number < len(level.facts.finish_reasons):
            result.finish_reasons[level.facts.finish_reasons[number]] += count
    result.stalled_requests = int((rows.stall_count > 0).sum())
    if result.stalled_requests:
        result.longest_stall_ms = float(rows.longest_stall_micros.max()) / 1e3


def _tokens(result: result_pb2.LevelResult, level: MeasuredLevel, ok: Mask) -> None:
    rows = level.rows
    if is_counted(rows.prompt_tokens[ok]):
        result.total_input_tokens = _total(rows.prompt_tokens[ok])
    if is_counted(rows.completion_tokens[ok]):
        result.total_output_tokens = _total(rows.completion_tokens[ok])
    result.requested_output_tokens = _total(rows.requested_tokens[ok])
    events = _total(rows.event_count[ok])
    if events:
        result.tokens_per_event = _total(rows.completion_tokens[ok & (rows.event_count > 0)]) / events
    sources = [TOKEN_SOURCES.get(n, "unknown") for n, _ in _counts(rows.token_source[ok]) if n]
    result.token_source = "mixed" if len(sources) > 1 else "".join(sources)
    told = ok & (rows.cached_tokens >= 0)
    prompt_tokens = _total(rows.prompt_tokens[told])
    if prompt_tokens:
        result.cache_hit_share = _total(rows.cached_tokens[told]) / prompt_tokens


def _transport(result: result_pb2.LevelResult, rows: SampleArrays) -> None:
    if len(rows):
        result.connection_reuse_ratio = float((rows.reused > 0).mean())
    reads = _total(rows.read_count)
    if reads:
        result.coalesced_share = _total(rows.coalesced_reads) / reads


def error_word(number: int) -> str:
    """Return the public word of an ErrorClass number, "unknown" for numbers of a newer agent."""
    if number == sample_pb2.ERROR_CLASS_UNSPECIFIED:
        return "unknown"
    return enum_words(sample_pb2.ErrorClass.DESCRIPTOR).get(number, "unknown")


def _counts(column: Ints) -> list[tuple[int, int]]:
    numbers, counts = np.unique(column, return_counts=True)
    return list(zip(numbers.tolist(), counts.tolist(), strict=True))


def _total(column: Ints) -> int:
    """Add up a column, -1 ("not defined") as nothing."""
    return int(np.maximum(column, 0).sum())
