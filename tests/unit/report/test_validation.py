"""A run held against what its server says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.report.client_counted import ClientFigures, client_figures
from controller.report.document import build_result
from controller.report.facts import Folded, Told
from controller.report.server_told import NotComparableError, ServerFigures, server_figures
from controller.report.validation import compare
from loadcell.stats.columns import ERROR
from loadcell.stats.fold import fold
from loadcell.stats.goodput import Objectives
from loadcell.stats.ordinals import Ordinals
from loadcell.v1 import agent_pb2, result_pb2, target_pb2, validation_pb2
from tests.unit.report.run_facts import START, make_level, make_run
from tests.unit.stats.sample_rows import make_rows

VLLM = "vllm:"
ASKED = START + 70_000_000


def one(name: str, value: float, **labels: str) -> agent_pb2.ServerSeries:
    return agent_pb2.ServerSeries(name=name, labels=labels, value=value)


def page(
    requests: float,
    tokens: float = 0.0,
    wait: float = 0.0,
    *,
    prefix: str = VLLM,
    count: float | None = None,
    **labels: str,
) -> list[agent_pb2.ServerSeries]:
    """Counters as vLLM writes them, of one label set."""
    labels = labels or {"model_name": "m"}
    return [
        one(f"{prefix}request_success_total", requests, finished_reason="length", **labels),
        one(f"{prefix}generation_tokens_total", tokens, **labels),
        one(f"{prefix}time_to_first_token_seconds_sum", wait, **labels),
        one(f"{prefix}time_to_first_token_seconds_count", requests if count is None else count, **labels),
    ]


def told(*series: agent_pb2.ServerSeries) -> agent_pb2.ScrapeResult:
    return agent_pb2.ScrapeResult(series=series)


def validated(
    before: agent_pb2.ScrapeResult | None,
    after: agent_pb2.ScrapeResult | None,
    *rows: dict[str, Any],
    tolerance: float = 0.05,
    container_name: str = "",
) -> validation_pb2.Validation:
    """The validation of a run of these requests, each of 10 tokens after 100 ms."""
    asked = validation_pb2.ValidationConfig(enabled=True, tolerance=tolerance, container_name=container_name)
    facts = make_run(
        make_level(make_rows(*rows)),
        config=result_pb2.RunConfig(seed=7, validation_config=asked),
        told=Told(before, after, ASKED if after is not None else 0),
    )
    return build_result(facts).validation


@given(
    client=st.builds(
        ClientFigures,
        requests=st.integers(1, 10**7),
        begun=st.just(10**8),
        output_tokens=st.floats(1, 1e9),
        ttft_ms=st.floats(0.01, 1e6),
    ),
    tolerance=st.floats(0.01, 1.0),
    factor=st.floats(0.1, 3.0),
)
def test_equal_figures_pass_and_scaled_ones_by_the_tolerance(client, tolerance, factor):
    def server(scale: float) -> ServerFigures:
        return ServerFigures(client.requests * scale, client.output_tokens * scale, client.ttft_ms * scale)

    same = compare(client, server(1.0), tolerance)
    assert same.passed
    assert [found.difference_percent for found in same.comparisons] == [0.0, 0.0, 0.0]
    difference = abs(1 - factor) / factor
    scaled = compare(client, server(factor), tolerance)
    near = 1e-6  # where rounding decides
    for found, share in zip(scaled.comparisons, (1.0, 2.0, 1.0), strict=True):
        if abs(difference - tolerance * share) > near:
            assert found.passed == (difference < tolerance * share)
    assert scaled.passed == all(found.passed for found in scaled.comparisons)


def test_warm_up_requests_count_on_our_side_too():
    rows = [{"warmup": 1}, {}, {}, {}]
    found = validated(told(*page(7, 70, 0.7)), told(*page(11, 110, 1.1)), *rows)
    assert found.overall_passed
    assert found.prometheus_available
    assert not found.docker_available
    assert found.validated_at.ToMicroseconds() == ASKED
    assert [(c.metric_name, c.client_value, c.server_value) for c in found.all_comparisons] == [
        ("Request Count", 4.0, 4.0),
        ("Avg TTFT (ms)", 100.0, pytest.approx(100.0)),
        ("Total Tokens", 40.0, 40.0),
    ]
    assert found.prometheus_validation.comparisons == found.all_comparisons
    assert not found.all_warnings


def test_the_tolerance_is_the_one_asked_for():
    pages = told(), told(*page(9, 90, 0.9))
    rows = [{}] * 10
    assert not validated(*pages, *rows, tolerance=0.1).overall_passed
    assert validated(*pages, *rows, tolerance=0.12).overall_passed


def test_others_who_use_the_server_leave_it_open():
    found = validated(told(), told(*page(20, 200, 2.0)), *[{}] * 10)
    assert not found.HasField("overall_passed")
    assert not found.prometheus_validation.HasField("passed")
    assert len(found.all_comparisons) == 3
    assert found.all_warnings[0] == (
        "others used the server during the run: it counted 20 requests, and this run made 10"
    )


def test_a_few_requests_of_others_are_told_of_and_judged():
    found = validated(told(), told(*page(101, 1010, 10.1)), *[{}] * 100)
    assert found.overall_passed
    assert "others used the server" in found.all_warnings[0]


def test_failures_that_the_server_counts_are_no_others():
    rows = [{}] * 10 + [{"status": ERROR, "ttft_micros": -1, "completion_tokens": -1}] * 5
    found = validated(told(), told(*page(15, 100, 1.5)), *rows)
    assert not found.overall_passed
    assert found.HasField("overall_passed")
    assert "5 requests did not succeed" in found.all_warnings[0]


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        (
            agent_pb2.ScrapeResult(error="it is gone"),
            told(*page(1)),
            "could not be read before the run: it is gone",
        ),
        (told(), agent_pb2.ScrapeResult(error="it is gone"), "could not be read after the run: it is gone"),
        (None, told(*page(1)), "the server was not asked before the run began"),
        (told(), None, "the server was not asked after it"),
    ],
)
def test_F16_nothing_passes_that_was_not_compared(before, after, warning):
    found = validated(before, after, {}, container_name="vllm-1")
    assert not found.HasField("overall_passed")
    assert not found.prometheus_available
    assert not found.HasField("prometheus_validation")
    assert "container_name vllm-1 has no effect" in found.all_warnings[0]
    assert warning in found.all_warnings[1]


def test_counters_that_began_anew_leave_it_open():
    found = validated(told(*page(50, 500, 5.0)), told(*page(10, 100, 1.0)), *[{}] * 10)
    assert found.prometheus_available
    assert not found.HasField("overall_passed")
    assert "began anew" in found.all_warnings[0]


def test_a_server_that_was_started_anew_is_seen_though_it_has_counted_more_since():
    started = "process_start_time_seconds"
    with pytest.raises(NotComparableError, match="began anew"):
        server_figures(told(one(started, 1.0), *page(5)), told(one(started, 2.0), *page(15)), "m")


@pytest.mark.parametrize("prefix", ["vllm:", "vllm_"])
def test_F16_all_engines_are_added_up(prefix):
    engines = [page(4, 40, 0.4, prefix=prefix, model_name="m", engine=str(n)) for n in range(3)]
    figures = server_figures(told(*engines[0]), told(*engines[0], *engines[1], *engines[2]), "m")
    assert figures == ServerFigures(8.0, 80.0, pytest.approx(100.0))


def test_requests_that_were_aborted_are_no_successes():
    aborted = one("vllm:request_success_total", 3, model_name="m", finished_reason="abort")
    assert server_figures(told(), told(*page(4), aborted), "m").requests == 4


def test_only_the_model_of_the_run_counts_where_there_are_several():
    both = told(*page(4, 40, model_name="m"), *page(90, 900, model_name="n"))
    assert server_figures(told(), both, "m").requests == 4
    assert server_figures(told(), told(*page(4, model_name="/models/m")), "m").requests == 4
    with pytest.raises(NotComparableError, match="2 models, none of them called alias: m, n"):
        server_figures(told(), both, "alias")


def test_what_sglang_counts():
    series = [one("sglang:num_requests_total", 5, model_name="m"), one("sglang:generation_tokens_total", 50)]
    assert server_figures(told(), told(*series), "m") == ServerFigures(5.0, 50.0, None)


def test_a_server_that_counts_no_requests():
    with pytest.raises(NotComparableError, match="as vLLM or SGLang do"):
        server_figures(told(), told(one("vllm:generation_tokens_total", 1.0)), "m")


def test_a_server_that_counted_nothing():
    found = compare(ClientFigures(1, 1, 10, 5.0), ServerFigures(0, 0, None), 1.0)
    assert not found.passed
    assert [c.difference_percent for c in found.comparisons] == [100.0, 100.0]
    assert compare(ClientFigures(0, 0, 0, None), ServerFigures(0, 0, None), 0.0).passed


def test_runs_that_keep_a_sample_count_all_of_it():
    rows = make_rows(*[{}] * 8)
    kept = make_rows({"warmup": 1})
    folded = Folded({0: fold(rows, [], Objectives())}, Ordinals(), Objectives())
    plan = target_pb2.LevelPlan(concurrency=1, request_count=8, warmup_count=3)
    figures = client_figures([make_level(kept, plan, folded=folded)])
    assert figures == ClientFigures(11, 11, 110.0, 100.0, assumed=2)


def test_a_run_that_is_not_compared_has_none():
    assert not build_result(make_run(make_level(make_rows({})))).HasField("validation")
