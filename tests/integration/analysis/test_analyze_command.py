"""Analyses for people at a terminal, and for programs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

import pytest

from controller.store.analyses import StoredAnalysis, put_analysis
from loadcell.client import Client
from loadcell.mockserver import Behavior
from tests.integration.analysis.conftest import BOSS, MODEL, TOKENS, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def analyze(world: World, *arguments: str) -> tuple[int | None, str, str]:
    """Run `loadcell runs analyze` and return its exit code, output and errors."""
    command = [sys.executable, "-m", "loadcell.cli", "runs", "analyze", *arguments, "--controller", world.address]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, stderr=PIPE, env={**os.environ, "LOADCELL_API_KEY": BOSS}
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_at_a_terminal(world):
    world.model.behavior = Behavior(reasoning_tokens=10)
    # A model may write anything; nothing of it is to steer the terminal.
    written = StoredAnalysis("en", MODEL, "a\x1b[2J\x9bb\r\tc\n", 1)
    await world.database.write(lambda c: put_analysis(c, 2, written))
    rules, document, model, stored = await asyncio.gather(
        analyze(world, "done"),
        analyze(world, "done", "--language", "ko", "--json"),
        analyze(world, "done", "--mode", "llm", "--refresh"),
        analyze(world, "other", "--mode", "llm"),
    )
    assert (rules[0], rules[2]) == (0, "")
    assert rules[1].startswith("## Overview\n")
    assert "- **Recommended: concurrency 16**" in rules[1]
    read = json.loads(document[1])
    assert (document[0], read["language"], read["findings"][0]["code"]) == (0, "ko", "OVERVIEW")
    assert (model[0], model[2], len(model[1].split())) == (0, "the model thinks ...\n", TOKENS - 10)
    assert stored == (0, "a\ufffd[2J\ufffdb\ufffd\tc\n\n", "")


async def test_a_model_that_fails(world):
    world.model.behavior = Behavior(server_error_rate=1.0)
    said = "error: the analysis server gave no analysis: it answered with status 500\n"
    assert await analyze(world, "other", "--mode", "llm", "--language", "ko") == (1, "", said)


async def test_for_programs(world):
    async with Client(world.address, api_key=BOSS) as client:
        rules = await client.analyze("done", language="ko")
        assert (rules.language, rules.findings[0].code) == ("ko", "OVERVIEW")
        analysis = await client.analyze("done", mode="llm")
        assert analysis.model == MODEL
        pieces = [piece async for piece in client.analysis_pieces("done", mode="llm")]
        assert pieces[-1].analysis == analysis
