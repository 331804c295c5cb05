"""Why a capacity is recommended, or none: sentences with their numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controller.recommend.at_slo import AtSlo, Step
from controller.recommend.sizing import Size
from loadcell.stats.verdict import CLIENT_LIMITED, DEGRADED
from loadcell.v1 import capacity_pb2, result_pb2

SECONDS_A_DAY: Final = 86_400
SURE: Final = 0.95


def of_limited_client(result: result_pb2.RunResult) -> str:
    """Say why a load generator that was too slow leaves the question open."""
    steps = [level for level in result.results if level.verdict.status == CLIENT_LIMITED]
    names = ", ".join(f"{level.concurrency:,}" for level in steps)
    reasons = " ".join(dict.fromkeys(reason for level in steps for reason in level.verdict.reasons))
    return (
        f"No recommendation: the load generator was too slow at {names} in flight, so what was measured"
        f" there is not the server's. {reasons} Ask again with more agents or workers, or with lower steps only."
    )


def of_unmeasured(result: result_pb2.RunResult, planned: int) -> str:
    """Say why steps that were not carried out leave the question open."""
    because = (
        "there are steps without a request that tells anything"
        if result.status == "completed"
        else f"the run was {result.status} after it had begun {len(result.results)} of {planned} steps"
    )
    return f"No recommendation: {because}. Ask again and let the run come to its end."


def of_missed(lowest: Step, workload: capacity_pb2.ExpectedWorkload) -> str:
    """Say what it means that the lowest step missed the objectives."""
    advice = (
        "No number of servers like this one meets the objectives."
        if lowest.concurrency == 1
        else "Ask again with lower steps, from 1 on."
    )
    return (
        f"No recommendation: {_objectives(workload)} At {lowest.concurrency:,} in flight, the lowest step,"
        f" {_good(lowest)} were good{_failures(lowest)}. {advice}"
    )


def of_size(
    found: AtSlo, met: Step, size: Size, confidence: float, workload: capacity_pb2.ExpectedWorkload
) -> Iterator[str]:
    """Yield why so many servers are recommended."""
    missed = found.missed
    yield _objectives(workload)
    yield (
        f"At {met.concurrency:,} in flight {_good(met)} were good{_failures(met)}; that more than"
        f" {workload.goodput_target_percent:g} % are is sure to {100 * confidence:.3g} %"
        f"{'.' if confidence >= SURE else ', and more requests would tell better.'}"
    )
    if found.lowest < met.goodput:
        yield f"Of a lower step only {float(found.lowest):.4g} % were, and more in flight is never better."
    if missed is None:
        yield f"No step missed the objectives, so one server carries at least {size.each:,}, perhaps more."
    else:
        interpolated = ", interpolated between both steps" if size.each > met.concurrency else ""
        yield (
            f"At {missed.concurrency:,} in flight {_good(missed)} were good{_failures(missed)}, so one server"
            f" carries {size.each:,}{interpolated}."
        )
    servers = f"{size.servers:,} server{'' if size.servers == 1 else 's'}"
    yield (
        f"The peak of {size.peak:,} with {size.headroom_percent:g} % headroom is"
        f" {float(size.needed):,.10g} in flight: {'at most ' if missed is None else ''}{servers} like the tested"
        " one, independent of one another and evenly loaded."
    )
    if missed is None and size.servers > 1:
        yield "Fewer may do; higher steps would tell."


def of_daily_use(workload: capacity_pb2.ExpectedWorkload, seconds_each: float) -> Iterator[str]:
    """Hold the peak against what the users of a day, as far as they are known, mean on average."""
    if not workload.HasField("daily_active_users"):
        return
    rate = workload.daily_active_users * workload.requests_per_user_per_day / SECONDS_A_DAY
    average = rate * seconds_each
    too_low = average > workload.peak_concurrency
    yield (
        f"{workload.daily_active_users:,} users with {workload.requests_per_user_per_day:g} requests a day are"
        f" {rate:,.3g} requests per second over the day, which is {average:,.3g} in flight on average"
        f"{f': more than the peak of {workload.peak_concurrency:,}, which is too low.' if too_low else '.'}"
    )


def of_verdict(verdict: result_pb2.Verdict) -> Iterator[str]:
    """Say when the load generator had difficulties that leave the numbers usable."""
    if verdict.status == DEGRADED:
        yield f"The load generator had difficulties: {' '.join(verdict.reasons)}"


def _objectives(workload: capacity_pb2.ExpectedWorkload) -> str:
    limits = [f"within {workload.ttft_target_ms:g} ms to the first token"]
    if workload.HasField("tpot_target_ms"):
        limits.append(f"{workload.tpot_target_ms:g} ms per output token")
    return f"Wanted are {workload.goodput_target_percent:g} % of all requests {' and '.join(limits)}."


def _good(step: Step) -> str:
    return f"{float(step.goodput):.4g} % ({step.good:,} of {step.total:,})"


def _failures(step: Step) -> str:
    return f", and {step.failed:,} failed" if step.failed else ""
