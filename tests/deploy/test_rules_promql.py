"""What holds rules and boards against the metrics: it finds what could never answer, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.deploy.promql import Catalog, WrongQueryError, labels_of
from tests.deploy.rule_files import catalog

CATALOG = catalog()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("rate(x_total[5m]", "unclosed"),
        ("sum(nothing)", "nobody makes nothing"),
        ('up{job="storage-layer"}', "there is no job storage-layer"),
        (
            'http_requests_total{job="loadcell-agent"}',
            "nobody makes http_requests_total in the job",
        ),
        ('http_requests_total{code="500"}', "there is no label code"),
        ("sum by (user_id) (rate_limit_exceeded_total)", "there is no label user_id"),
        ("sum by (role) (rate_limit_exceeded_total)", "there is no label role"),  # the gateway's have none
        ("rate(loadcell_agents[5m])", "rate is not for loadcell_agents"),
        ("deriv(http_requests_total[5m])", "deriv is not for http_requests_total"),
        ("histogram_quantile(0.9, sum(rate(llm_duration_seconds_bucket[5m])))", "there is no label le"),
        ("llm_tokens_total / llm_requests_total", "never meets"),
        ("llm_tokens_total / ignoring(token_type) llm_requests_total", "never meets"),
        ("llm_tokens_total / on(model, user) llm_requests_total", "there is no label user"),
    ],
)
def test_queries_that_could_never_answer_are_found(query: str, why: str) -> None:
    with pytest.raises(WrongQueryError, match=re.escape(why)):
        labels_of(query, CATALOG)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("1 + 1", set()),
        ("vector(1)", set()),
        ('up{job="loadcell-agent"} == 0', {"job", "instance"}),
        ('sum by (role) (rate_limit_exceeded_total{job="loadcell-controller"})', {"role"}),
        ("sum without (le, instance, job) (rate(llm_duration_seconds_bucket[5m]))", {"model", "provider"}),
        ("topk(3, sum by (model) (rate(llm_cost_usd_total[5m])))", {"model"}),
        ("max_over_time(sum by (job) (db_pool_idle)[1h:5m])", {"job"}),
        ("loadcell_client_verdict * on(run_id) group_left(model) max by (run_id, model) (loadcell_run_info)",
         {"job", "instance", "run_id", "level", "model"}),
        ("loadcell_run_info unless on(run_id) loadcell_client_verdict",
         {"job", "instance", "run_id", "model", "status"}),
        ("sum by (model) (llm_requests_total) / on(model) max by (model) (llm_requests_total)", {"model"}),
    ],
)  # fmt: skip
def test_labels_follow_from_those_of_the_metrics(query: str, labels: set[str]) -> None:
    assert labels_of(query, CATALOG) == labels


def test_a_catalog_without_jobs_knows_nothing() -> None:
    with pytest.raises(WrongQueryError, match="nobody makes up"):
        labels_of("up", Catalog())
