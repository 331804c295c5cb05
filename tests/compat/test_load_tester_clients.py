"""What clients of llm-loadtest do, with the lines and the bodies of its documentation."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import Any

import httpx
import websockets
from old_service import KEY, MODEL, OldService

from tests.patience import PATIENCE_SECONDS

RUN = """curl -X POST http://localhost:8085/api/v1/benchmark/run \\
  -H "X-API-Key: your-secret-key" \\
  -H "Content-Type: application/json" \\
  -d '{"server_url": "http://localhost:8000", "model": "qwen3-14b", "adapter": "openai", "concurrency": [1, 2],
       "num_prompts": 20, "input_len": 16, "output_len": 4, "stream": true, "warmup": 1, "timeout": 60,
       "goodput_thresholds": {"ttft_ms": 60000, "tpot_ms": 60000, "e2e_ms": 60000}}'
"""
LATENCY = {"min", "max", "mean", "median", "p50", "p95", "p99", "std"}


async def _run(service: OldService, path: str, ending: str = "") -> tuple[str, list[dict[str, Any]]]:
    """Start a run as its page did: post, then follow the WebSocket at a path, around the run, to the end."""
    async with httpx.AsyncClient(base_url=service.base, headers={"X-API-Key": KEY}, trust_env=False) as http:
        body = {"server_url": service.model_server, "model": MODEL, "concurrency": [1, 2], "num_prompts": 20}
        body |= {"input_len": 16, "output_len": 4}
        body["validation_config"] = {
            "enabled": True,
            "docker_enabled": True,
            "container_name": None,
            "tolerance": 0.1,
        }
        started = await http.post("/api/v1/benchmark/run", json=body)
        assert (started.status_code, started.json()["status"]) == (200, "started")
        run_id = started.json()["run_id"]
    heard: list[dict[str, Any]] = []
    # The page sent no key with what reads.
    url = f"ws://{service.http}{path}/{run_id}{ending}"
    async with asyncio.timeout(PATIENCE_SECONDS), websockets.connect(url, proxy=None) as socket:
        await socket.send("ping")
        async for text in socket:
            if text == "pong":
                heard.append({"type": "pong"})
                continue
            heard.append(json.loads(text))
            if heard[-1]["type"] in ("completed", "failed"):
                break
    return run_id, heard


async def test_its_page_starts_a_run_follows_it_and_reads_the_result(old_service: OldService) -> None:
    run_id, heard = await _run(old_service, "/api/v1/benchmark/ws/run")
    assert {"pong", "completed", "validation_log"} <= {message["type"] for message in heard}
    assert heard[-1]["summary"] == {"status": "completed"}
    progress = next((message for message in heard if message["type"] == "progress"), None)
    if progress is not None:
        assert {"run_id", "status", "progress", "concurrency", "overall_percent"} <= set(progress)

    status = old_service.curl(f"curl http://localhost:8085/api/v1/benchmark/run/{run_id}").document
    assert (status["run_id"], status["status"], status["model"]) == (run_id, "completed", MODEL)
    result = old_service.curl(f"curl http://localhost:8085/api/v1/benchmark/result/{run_id}").document
    assert [level["concurrency"] for level in result["results"]] == [1, 2]
    level = result["results"][0]
    assert set(level["ttft"]) >= LATENCY
    assert (level["total_requests"], level["failed_requests"], level["error_rate_percent"]) == (20, 0, 0)
    assert result["summary"]["total_requests"] == 40
    compared = {one["metric_name"]: one["passed"] for one in result["validation"]["all_comparisons"]}
    assert (compared["Request Count"], compared["Total Tokens"]) == (True, True)
    assert "api_key" not in result["config"] or not result["config"]["api_key"]

    export = f"curl http://localhost:8085/api/v1/benchmark/result/{run_id}/export?format="
    csv = old_service.curl(export + "csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.headers["content-disposition"] == f'attachment; filename="{run_id[:8]}_benchmark.csv"'
    # Paths that its documentation has, which it did not serve itself.
    documented = f"curl http://localhost:8085/api/v1/benchmark/{run_id}"
    assert old_service.curl(documented).document == status
    told = old_service.curl(f"{documented}/export/csv")
    assert (told.body, told.headers["content-disposition"]) == (csv.body, csv.headers["content-disposition"])
    cancelled = old_service.curl(f'{documented}/cancel -X POST -H "X-API-Key: your-secret-key"').document
    assert (cancelled["run_id"], cancelled["status"]) == (run_id, "completed")
    for path in (export + "xlsx", f"{documented}/export/excel"):
        with zipfile.ZipFile(io.BytesIO(old_service.curl(path).body)) as workbook:
            assert "xl/worksheets/sheet1.xml" in workbook.namelist()

    deleted = old_service.curl(
        f'curl -X DELETE http://localhost:8085/api/v1/benchmark/run/{run_id} -H "X-API-Key: your-secret-key"'
    )
    assert (deleted.status, deleted.document) == (200, {"deleted": run_id})
    assert old_service.curl(f"curl http://localhost:8085/api/v1/benchmark/result/{run_id}").status == 404


async def test_its_documented_lines(old_service: OldService) -> None:
    refused = old_service.curl(RUN.replace(KEY, "wrong"))
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "ApiKey")
    assert refused.document["detail"]
    started = old_service.curl(RUN)
    assert (started.status, started.document["status"]) == (200, "started"), started.body
    run_id = started.document["run_id"]
    assert started.headers["x-request-id"]
    other, heard = await _run(old_service, "/ws/benchmark")
    assert heard[-1]["type"] == "completed"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while old_service.curl(f"curl http://localhost:8085/api/v1/benchmark/result/{run_id}").status != 200:
            await asyncio.sleep(0.1)

    history = old_service.curl("curl http://localhost:8085/api/v1/benchmark/history").document
    assert old_service.curl("curl http://localhost:8085/api/v1/benchmark").document == history
    _, heard = await _run(old_service, "/api/v1/benchmark", "/progress")
    assert heard[-1]["type"] == "completed"
    assert {run_id, other} <= {run["run_id"] for run in history["runs"]}
    assert (history["limit"], history["offset"]) == (50, 0)
    assert history["total"] == len(history["runs"])
    compared = old_service.curl(
        """curl -X POST http://localhost:8085/api/v1/benchmark/compare -H "Content-Type: application/json" \\
           -H "X-API-Key: your-secret-key" -d '{"run_ids": ["$FIRST", "$SECOND"]}'""",
        FIRST=run_id,
        SECOND=other,
    )
    assert compared.status == 200, compared.body
    assert compared.document["run_count"] == 2
    assert {"run_id", "value", "concurrency"} <= set(compared.document["best_throughput"])
    analysis = old_service.curl(
        f"curl -N http://localhost:8085/api/v1/benchmark/result/{run_id}/analysis?language=ko"
    )
    assert analysis.headers["content-type"].startswith("text/event-stream")
    assert analysis.body.rstrip().endswith(b"data: [DONE]")
    stats = "curl http://localhost:8085/api/v1/benchmark/ws/stats"
    for line in (stats, f'{stats} -H "X-API-Key: your-secret-key"'):
        assert set(old_service.curl(line).document) >= {"connections", "total"}


def test_its_public_paths(old_service: OldService) -> None:
    assert old_service.curl("curl http://localhost:8085/health").document["status"] == "healthy"
    health = old_service.curl("curl http://localhost:8085/api/v1/benchmark/health").document
    assert set(health) >= {"status", "version", "timestamp"}
    root = old_service.curl("curl http://localhost:8085/").document
    assert set(root) == {"service", "version", "docs"}
    for page in ("docs", "redoc"):
        shown = old_service.curl(f"curl http://localhost:8085/{page}")
        assert (shown.status, shown.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert old_service.curl("curl http://localhost:8085/openapi.json").document["openapi"].startswith("3.1")
    missing = old_service.curl("curl http://localhost:8085/api/v1/benchmark/run/no-such-run")
    assert (missing.status, missing.document["detail"]) == (404, "Run not found")


async def test_its_recommendation(old_service: OldService) -> None:
    started = old_service.curl(
        """curl -X POST http://localhost:8085/api/v1/benchmark/recommend -H "X-API-Key: your-secret-key" \\
           -H "Content-Type: application/json" -d '{"server_url": "http://localhost:8000", "model": "qwen3-14b",
           "workload": {"peak_concurrency": 4, "avg_input_tokens": 16, "avg_output_tokens": 4,
                        "ttft_target_ms": 60000, "tpot_target_ms": 60000},
           "test_config": {"concurrency_steps": [1, 2], "num_requests_per_step": 10}, "warmup": 1}'"""
    )
    assert (started.status, started.document["status"]) == (200, "started"), started.body
    where = f"http://localhost:8085/api/v1/benchmark/recommend/{started.document['run_id']}"
    with_key = '-H "X-API-Key: your-secret-key"'
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := old_service.curl(f"curl {where}/result {with_key}")).status == 202:
            await asyncio.sleep(0.1)
    assert answer.status == 200, answer.body
    result = answer.document
    assert set(result["recommendation"]) >= {"model_name", "recommended_count", "calculation_formula", "reasoning"}
    assert set(result["current_infra"]) >= {"max_concurrency_at_slo", "saturation_concurrency"}
    assert old_service.curl(f"curl {where} {with_key}").document["status"] == "completed"
    deleted = old_service.curl(f"curl -X DELETE {where} {with_key}")
    assert deleted.document == {"deleted": started.document["run_id"]}
