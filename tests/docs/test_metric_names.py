"""Every metric that the observatory claimed is there, or the page says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.reference import METRICS, metric_names

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()
ABSENT = set(re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Names that are not there")[2], re.MULTILINE))
THERE = {metric.name for process in METRICS for metric in metric_names(process)}
CLAIMED = """
http_requests_total http_request_duration_seconds http_requests_in_flight http_request_size_bytes
http_response_size_bytes api_graphql_queries_total api_rest_requests_total api_auth_failures_total
rate_limit_exceeded_total rate_limit_requests_allowed rate_limit_remaining cache_hits_total cache_misses_total
cache_size_bytes db_pool_connections db_query_duration_seconds db_pool_size db_pool_idle db_queries_total
db_errors_total llm_requests_total llm_tokens_total llm_cost_usd_total llm_duration_seconds
storage_write_duration_seconds storage_query_duration_seconds storage_connection_acquire_duration_seconds
storage_writes_total storage_errors_total storage_retries_total storage_flushes_total storage_items_written_total
storage_pool_connections storage_batch_size storage_buffer_size storage_query_result_count
"""


@pytest.mark.parametrize("name", CLAIMED.split())
def test_W43_a_claimed_metric_is_there_or_said_not_to_be(name: str) -> None:
    assert ({name, f"{name}_total"} & THERE != set()) != (name in ABSENT)


def test_what_is_said_not_to_be_there_was_claimed() -> None:
    assert set(CLAIMED.split()) >= ABSENT
