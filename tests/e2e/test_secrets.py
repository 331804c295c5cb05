"""A whole run with secrets of every kind: whatever the processes keep, write or answer holds none of them."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import secrets
from pathlib import Path
from typing import Any

import httpx
from pyarrow import parquet
from system import PATIENCE_SECONDS, System, command_of

from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from loadcell.mockserver import Behavior, serve
from tests.log_lines import documented_lines

RUN = "/api/v1/benchmark/run"
SMALL = {"input_len": 16, "output_len": 8, "warmup": 1}
# What a request for one thing is told instead of an identifier, of which there is none.
NOTHING = "00000000-0000-0000-0000-000000000000"


class Secrets:
    """Texts that must be nowhere, as themselves or in base64."""

    def __init__(self) -> None:
        self._texts: dict[str, list[bytes]] = {}

    def add(self, name: str, text: str) -> str:
        plain = text.encode()
        # Three shifts: whichever bytes come before, one of them is in the base64 of the whole.
        shifted = (base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3))
        self._texts[name] = [plain, *shifted]
        return text

    def search(self, where: str, content: bytes) -> None:
        for name, forms in self._texts.items():
            assert not any(form in content for form in forms), f"{name} is in {where}"

    def search_files(self, folder: Path, *holding: str) -> None:
        """Search every file below a folder; `holding` is known to be there, or the search is worth nothing."""
        found = set()
        for file in folder.rglob("*"):
            if file.is_file():
                try:
                    content = file.read_bytes()
                except FileNotFoundError:  # deleted meanwhile, as spool files are
                    continue
                self.search(str(file.relative_to(folder)), content)
                found.update(text for text in holding if text.encode() in content)
        assert found == set(holding)


def searching(canaries: Secrets, http: str) -> httpx.AsyncClient:
    """A client that searches every answer, whatever was asked, for what is known to be secret by then."""

    async def search(answer: httpx.Response) -> None:
        content = await answer.aread()
        canaries.search(f"{answer.request.method} {answer.url.path}", content + str(answer.headers).encode())

    return httpx.AsyncClient(base_url=f"http://{http}", trust_env=False, event_hooks={"response": [search]})


async def until(web: httpx.AsyncClient, path: str, status: str) -> dict[str, Any]:
    """Ask until something has a status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            document = (await web.get(path)).json()
            document = document.get("data", document)
            if document["status"] == status:
                return document
            assert document["status"] != "failed", document
            await asyncio.sleep(0.05)


async def search_exports(web: httpx.AsyncClient, canaries: Secrets, run_id: str) -> str:
    """Search the files of a run in every format; returns the last job."""
    job_id = ""
    for kind in ("csv", "json", "jsonl", "parquet"):
        created = await web.post("/api/v1/export/traces", json={"format": kind, "run_id": run_id})
        assert created.status_code < 300, created.text
        job_id = created.json()["data"]["job_id"]
        await until(web, f"/api/v1/export/jobs/{job_id}", "completed")
        file = (await web.get(f"/api/v1/export/jobs/{job_id}/download")).content
        if kind == "parquet":
            file = repr(parquet.read_table(io.BytesIO(file)).to_pylist()).encode()
            canaries.search(kind, file)
        assert run_id.encode() in file
    for kind in ("csv", "json", "html", "xlsx"):
        shown = await web.get(f"/api/v1/benchmark/result/{run_id}/export?format={kind}")
        assert shown.status_code == 200, shown.text
    return job_id


async def ask_everything(web: httpx.AsyncClient, known: dict[str, str]) -> None:
    """Ask every GET route."""
    answered = set()
    for binding in read_bindings(SERVICES):
        if binding.verb == "GET":
            path = re.sub(r"{(\w+)}", lambda found: known.get(found[1], NOTHING), binding.template.documented)
            answer = await web.get(path)
            assert answer.status_code < 500, answer.text
            answered.add(answer.status_code)
    assert answered >= {200, 404}
    for path in ("/", "/health", "/openapi.json"):
        assert (await web.get(path)).status_code == 200


async def test_secrets_are_nowhere_and_a_call_has_one_name(system: System):
    canaries = Secrets()
    target_key = canaries.add("api_key", f"sk-{secrets.token_hex(16)}")
    header = canaries.add("header", secrets.token_hex(16))
    settings = {
        "LOADCELL_API_KEY": canaries.add("configured key", secrets.token_hex(16)),
        "LOADCELL_JWT_SECRET": canaries.add("JWT secret", secrets.token_hex(32)),
        "LOADCELL_SECRET_KEY": canaries.add("secret key", base64.b64encode(secrets.token_bytes(32)).decode()),
    }
    behavior = Behavior(models=("m",), ttft_ms=1)
    async with serve(behavior, api_key=target_key) as server, system.up(**settings) as line:
        http, exporter = re.findall(r"http://([^/\s]+)", line)
        made = await system.run("keys", "create", "me", "--role", "admin", **settings)
        assert made.code == 0, made.err
        key = {"LOADCELL_API_KEY": canaries.add("API key", made.out.strip())}
        target = {"server_url": server.url, "model": "m", "api_key": target_key, "headers": {"x-team": header}}
        async with searching(canaries, http) as web:
            answer = await web.post("/api/v1/auth/token", json={}, headers={"X-API-Key": made.out.strip()})
            assert answer.status_code == 200, answer.text
            issued = answer.json()
            used = {"refresh_token": canaries.add("first refresh token", issued["refresh_token"])}
            canaries.add("first access token", issued["access_token"])
            tokens = (await web.post("/api/v1/auth/refresh", json=used)).json()
            canaries.add("refresh token", tokens["refresh_token"])
            web.headers["Authorization"] = f"Bearer {canaries.add('access token', tokens['access_token'])}"
            asked = {**target, **SMALL, "concurrency": [1], "duration_seconds": 60}
            name = {"X-Request-ID": "the:call"}
            begun = await web.post(RUN, json=asked, headers=name)
            assert (begun.status_code, begun.headers["X-Request-ID"]) == (200, "the:call"), begun.text
            run_id = begun.json()["run_id"]
            async with asyncio.timeout(PATIENCE_SECONDS):
                while server.requests < 50:
                    await asyncio.sleep(0.01)
            # While the controller and the agent have them.
            canaries.search_files(system.home, run_id)
            await ask_everything(web, {"run_id": run_id, "model_id": "m"})
            await web.post(f"{RUN}/{run_id}/cancel")
            await until(web, f"{RUN}/{run_id}", "cancelled")
            done = await system.run(
                "run", server.url, "-m", "m", "-n", "5", "--json", **key, LLM_API_KEY=target_key
            )
            assert done.code == 0, done.err
            canaries.search("the command", (done.out + done.err).encode())
            refused = await web.post(RUN, json={**target, "num_prompts": -1, "concurrency": [1]}, headers=name)
            assert (refused.status_code, refused.headers["X-Request-ID"]) == (400, "the:call")
            assert refused.json()["meta"]["request_id"] == "the:call"
            job_id = await search_exports(web, canaries, run_id)
            trace = (await web.get(f"/api/v1/traces?run_id={run_id}&limit=1")).json()["data"][0]
            agent = (await web.get("/api/v1/agents")).json()["agents"][0]
            known = {"run_id": run_id, "job_id": job_id, "trace_id": trace["trace_id"], "model_id": "m"}
            await ask_everything(web, known | {"agent_id": agent["agent_id"]})
            metrics = await web.get(f"http://{exporter}/metrics")
            assert run_id in metrics.text
            # Using a refresh token again is refused, and so is what came of it; both are written down.
            assert (await web.post("/api/v1/auth/refresh", json=used)).status_code == 401
            stolen = {"X-API-Key": canaries.add("wrong key", f"lc_live_{secrets.token_hex(24)}")}
            async with searching(canaries, http) as stranger:
                assert (await stranger.get(RUN + f"/{run_id}", headers=stolen)).status_code == 401
        for pid in system.processes():
            canaries.search(f"the command line of {pid}", command_of(pid))
        canaries.search_files(system.home, run_id)
    canaries.search_files(system.home, run_id, "application_shutdown")
    # The call is known by one name wherever it led to.
    written = "".join(file.read_text() for file in system.home.rglob("*.log"))
    said = [line for line in documented_lines(written) if line.get("request_id") == "the:call"]
    assert {line["service"] for line in said} >= {"gateway", "controller", "agent"}
    assert {line["event"] for line in said} >= {
        "request_completed",
        "lease_granted",
        "lease_cancelled",
        "lease_ended",
    }
