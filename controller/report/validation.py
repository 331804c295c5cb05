"""Holds a run against what its server says of itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.report.client_counted import ClientFigures, client_figures
from controller.report.facts import RunFacts, Told
from controller.report.server_told import NotComparableError, ServerFigures, server_figures
from loadcell.v1 import result_pb2, validation_pb2

REQUESTS, TTFT, TOKENS = "Request Count", "Avg TTFT (ms)", "Total Tokens"
_TTFT_SHARE = 2.0  # times the tolerance: the server does not see the way over the network
_ROUNDING = 1e-9


def build_validation(
    facts: RunFacts, told: Told, results: Sequence[result_pb2.LevelResult]
) -> validation_pb2.Validation:
    """Return the comparison of a run that has ended.

    Nothing passes that was not compared: without figures, or when others have used the server, it stays open.
    """
    config = facts.config.validation_config
    validation = validation_pb2.Validation(tolerance=config.tolerance)
    if told.asked_micros:
        validation.validated_at.FromMicroseconds(told.asked_micros)
    if config.container_name:
        validation.all_warnings.append(
            f"logs of containers are not read, so container_name {config.container_name} has no effect"
        )
    missing = list(_missing(told, facts.run.status))
    if told.before is None or told.after is None or missing:
        validation.all_warnings.extend(missing)
        return validation
    validation.prometheus_available = True
    compared = validation.prometheus_validation
    client = client_figures(facts.levels)
    try:
        server = server_figures(told.before, told.after, facts.run.model)
    except NotComparableError as error:
        compared.warnings.append(str(error))
    else:
        compared.CopyFrom(compare(client, server, config.tolerance))
        compared.warnings.extend(_doubts(client, results))
    if compared.HasField("passed"):
        validation.overall_passed = compared.passed
    validation.all_comparisons.extend(compared.comparisons)
    validation.all_warnings.extend(compared.warnings)
    return validation


def compare(client: ClientFigures, server: ServerFigures, tolerance: float) -> validation_pb2.PrometheusValidation:
    """Return the comparison of both sides; it stays open when the server has served others as well."""
    found = [_comparison(REQUESTS, client.requests, server.requests, tolerance)]
    warnings = []
    if client.ttft_ms is not None and server.ttft_ms is not None:
        found.append(_comparison(TTFT, client.ttft_ms, server.ttft_ms, tolerance * _TTFT_SHARE))
    else:
        warnings.append("times to first token were not compared: not both sides have measured them")
    if server.output_tokens is not None:
        found.append(_comparison(TOKENS, client.output_tokens, server.output_tokens, tolerance))
    else:
        warnings.append("tokens were not compared: the server does not count them")
    result = validation_pb2.PrometheusValidation(comparisons=found)
    foreign = server.requests - client.begun
    if foreign > 0:
        warnings.append(
            f"others used the server during the run: it counted {server.requests:,.0f} requests, and this run made"
            f" {client.begun:,}"
        )
    if foreign <= server.requests * tolerance:
        result.passed = all(one.passed for one in found)
    else:
        warnings.append("the figures of the server are not those of this run alone, so they were not judged")
    result.warnings.extend(warnings)
    return result


def _comparison(name: str, client: float, server: float, tolerance: float) -> validation_pb2.MetricComparison:
    if server:
        difference = abs(client - server) / server
        passed = difference <= tolerance + _ROUNDING
    else:
        difference, passed = (1.0, False) if client else (0.0, True)
    return validation_pb2.MetricComparison(
        metric_name=name,
        client_value=client,
        server_value=server,
        difference_percent=difference * 100,
        passed=passed,
    )


def _missing(told: Told, status: str) -> Iterator[str]:
    """Yield why there is nothing to compare with."""
    for word, page in (("before", told.before), ("after", told.after)):
        if page is not None and page.error:
            yield f"the server's metrics could not be read {word} the run: {page.error}"
    if told.before is None:
        yield "the server was not asked before the run began, so there is nothing to compare with"
    elif told.after is None:
        yield f"the run is {status} and the server was not asked after it, so there is nothing to compare with"


def _doubts(client: ClientFigures, results: Sequence[result_pb2.LevelResult]) -> Iterator[str]:
    """Yield what may explain a difference."""
    unserved = client.begun - client.requests
    if unserved:
        yield f"{unserved:,} requests did not succeed; the server may have counted tokens of them"
    if client.assumed:
        yield (
            f"{client.assumed:,} warm-up requests were not kept and are counted as if they had succeeded with as"
            " many tokens as the others"
        )
    sources = sorted({level.token_source for level in results} - {"", "server"})
    if sources:
        yield f"tokens were not counted by the server in its answers but here ({', '.join(sources)})"
