"""Analyses for people at a terminal, and for programs."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator

import pytest
import structlog

from controller.store.analyses import StoredAnalysis, put_analysis
from loadcell.cli.__main__ import run as run_command
from loadcell.client import Client
from loadcell.mockserver import Behavior
from tests.integration.analysis.conftest import BOSS, MODEL, TOKENS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def command(world, monkeypatch, capfd) -> Iterator[Callable]:
    """Run `loadcell runs analyze` and return its exit code, output and errors."""
    monkeypatch.setenv("LOADCELL_API_KEY", BOSS)
    before = structlog.get_config()
    # The controller is in this process, and what it logs is not what the command says.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))

    async def run(*arguments: str) -> tuple[int, str, str]:
        asked = ["runs", "analyze", *arguments, "--controller", world.address]
        code = await asyncio.to_thread(run_command, asked)
        return code, *capfd.readouterr()

    yield run
    structlog.configure(**before)


async def test_rules_at_a_terminal(command):
    code, out, err = await command("done")
    assert (code, err) == (0, "")
    assert out.startswith("## Overview\n")
    assert "- **Recommended: concurrency 16**" in out
    _, korean, _ = await command("done", "--language", "ko")
    assert korean.startswith("## 개요\n")


async def test_one_document(command):
    code, out, _ = await command("done", "--json")
    document = json.loads(out)
    assert (code, document["mode"], document["findings"][0]["code"]) == (0, "rules", "OVERVIEW")


async def test_a_model_that_thinks_and_one_that_fails(command, world):
    world.model.behavior = Behavior(reasoning_tokens=10)
    code, out, err = await command("done", "--mode", "llm", "--refresh")
    assert (code, err) == (0, "the model thinks ...\n")
    assert len(out.split()) == TOKENS - 10
    world.model.behavior = Behavior(server_error_rate=1.0)
    code, out, err = await command("other", "--mode", "llm", "--language", "ko")
    assert code == 1
    assert err == "error: the analysis server gave no analysis: it answered with status 500\n"
    code, _, err = await command("nothing")
    assert (code, err) == (2, "error: there is no run nothing\n")


async def test_what_a_model_wrote_does_not_steer_the_terminal(command, world):
    written = StoredAnalysis("en", MODEL, "a\x1b[2J\x9bb\r\tc\n", 1)
    await world.database.write(lambda c: put_analysis(c, 2, written))
    _, out, _ = await command("other", "--mode", "llm")
    assert out == "a\ufffd[2J\ufffdb\ufffd\tc\n\n"


async def test_for_programs(world):
    async with Client(world.address, api_key=BOSS) as client:
        rules = await client.analyze("done", language="ko")
        assert (rules.language, rules.findings[0].code) == ("ko", "OVERVIEW")
        analysis = await client.analyze("done", mode="llm")
        assert analysis.model == MODEL
        pieces = [piece async for piece in client.analysis_pieces("done", mode="llm")]
        assert pieces[-1].analysis == analysis
