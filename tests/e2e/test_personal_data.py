"""Personal data in prompts: sent to the server, and in nothing that is stored of them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from system import System

from loadcell.mockserver import Behavior, serve

SMALL = ("-n", "4", "--output-len", "4", "--warmup", "1", "--json")
ASKED = "Write to canary@example.com, or call +1 212 555 0123: card 4111 1111 1111 1111, at 192.0.2.7"
KEPT = "Write to [redacted e-mail], or call [redacted phone]: card [redacted card], at [redacted IP]"


async def test_personal_data_is_sent_and_not_stored(system: System, tmp_path: Path):
    dataset = tmp_path / "prompts.jsonl"
    dataset.write_text(json.dumps({"prompt": ASKED}))
    runs, logged = {}, ""
    async with serve(Behavior(ttft_ms=1), keep_bodies=True) as server:
        for redact in ("true", "false"):
            flags = (*SMALL, "--dataset", str(dataset), "--store-text")
            done = await system.run("run", server.url, *flags, LOADCELL_REDACT_TEXTS=redact)
            assert done.code == 0, done.err + system.logs()
            runs[redact] = done.document["run_id"]
            # Those of older commands make way for those of newer ones.
            logged += "".join(file.read_text() for file in system.home.rglob("*.log"))
    assert all(run_id in logged for run_id in runs.values())
    assert not [text for text in (*ASKED.split(": ", 1), *KEPT.split(": ", 1)) if text in logged]
    assert {json.loads(body)["messages"][-1]["content"] for body in server.bodies} >= {ASKED}
    with contextlib.closing(sqlite3.connect(system.home / "loadcell.db")) as database:
        stored = database.execute(
            "SELECT run_id, input_text FROM trace_texts JOIN benchmark_runs USING (run_key)"
            " ORDER BY run_key, ordinal"
        ).fetchall()
    assert stored == [(runs["true"], KEPT)] * 4 + [(runs["false"], ASKED)] * 4
