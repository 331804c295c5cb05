"""Analyses of results over gRPC: by rules, and by the model of a server."""

from __future__ import annotations

import asyncio
import json

import grpc
import pytest

from controller.access.principal import Principal, serve_as
from controller.analysis.analyses import Analyses
from controller.scope import Scope
from controller.store.analyses import get_analysis
from controller.store.deletion import begin_deletion
from loadcell.client import Client
from loadcell.errors import LoadcellError
from loadcell.mockserver import Behavior
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import analysis_pb2
from tests.integration.analysis.conftest import BOSS, MODEL, TOKENS
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
LLM = analysis_pb2.ANALYSIS_MODE_LLM


async def refusal(call) -> tuple[str, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async for _ in call:
            pass
    error = from_rpc_error(refused.value)
    return error.reason, error.field


def contents(pieces) -> str:
    return "".join(piece.content for piece in pieces)


async def test_rules_answer_whoever_may_read(world):
    pieces = await world.all_of("viewer")
    analysis = pieces[-1].analysis
    assert contents(pieces) == analysis.text
    assert len(pieces) == analysis.text.count("## ") + 1
    assert (analysis.run_id, analysis.language, analysis.model) == ("done", "en", "")
    assert analysis.mode == analysis_pb2.ANALYSIS_MODE_RULES
    assert not analysis.HasField("created_at")
    codes = [one.code for one in analysis.findings]
    assert codes[0] == "OVERVIEW"
    assert codes[-1] == "RECOMMENDED_AT_KNEE"
    full = next(one for one in analysis.findings if one.code == "SATURATED")
    assert (full.severity, full.title, full.numbers["load"]) == (
        "info",
        "The server is full at concurrency 16",
        16,
    )
    assert full.title in analysis.text
    korean = (await world.all_of("viewer", language="ko"))[-1].analysis
    assert [one.code for one in korean.findings] == codes
    assert "권장" in korean.text


async def test_a_model_is_given_the_numbers_and_its_words_are_stored(world):
    before = world.model.requests
    pieces = await world.all_of("developer", mode=LLM)
    analysis = pieces[-1].analysis
    assert world.model.requests == before + 1
    assert len(analysis.text.split()) == TOKENS
    assert contents(pieces) == analysis.text
    assert (analysis.mode, analysis.model, analysis.language) == (LLM, MODEL, "en")
    asked = json.loads(world.model.bodies[-1])
    assert (asked["model"], asked["stream"], asked["max_tokens"]) == (MODEL, True, TOKENS)
    assert "The server is full at concurrency 16" in asked["messages"][1]["content"]
    # Stored, it is there for whoever may read, and asked for no more.
    again = await world.all_of("viewer", mode=LLM)
    assert again[-1].analysis == analysis
    assert [piece.WhichOneof("piece") for piece in again] == ["content", "analysis"]
    assert world.model.requests == before + 1
    # Of another language there is none, and a viewer may not have one made.
    for wanted in ({"language": "ko"}, {"refresh": True}):
        assert await refusal(world.analyze("viewer", mode=LLM, **wanted)) == ("INSUFFICIENT_PERMISSIONS", None)
    newer = (await world.all_of("developer", mode=LLM, refresh=True))[-1].analysis
    assert newer.created_at.ToMicroseconds() > analysis.created_at.ToMicroseconds()
    assert (await world.all_of("viewer", mode=LLM))[-1].analysis == newer


async def test_what_was_made_is_in_the_log_and_what_was_read_is_not(world):
    async def entries() -> list:
        async with Client(world.address, api_key=BOSS) as boss:
            return [entry async for entry in boss.audit_log(method="RunService/AnalyzeRun")]

    before = await entries()
    await world.all_of("developer")
    await world.all_of("developer", mode=LLM, refresh=True)
    await world.all_of("viewer", mode=LLM)
    after = await entries()
    assert len(after) == len(before) + 1
    assert (after[0].resource_id, after[0].project_id, after[0].outcome) == ("done", "default", "OK")


async def test_who_asks_at_the_same_time_gets_the_same(world):
    world.model.behavior = Behavior(itl_ms=5)
    before = world.model.requests
    both = await asyncio.gather(*(world.all_of("developer", mode=LLM, refresh=True) for _ in range(3)))
    assert both[0][-1] == both[1][-1] == both[2][-1]
    assert [contents(pieces) for pieces in both] == [both[0][-1].analysis.text] * 3
    assert world.model.requests == before + 1


async def test_it_is_given_up_when_nobody_waits(world):
    world.model.behavior = Behavior(ttft_ms=3_600_000)
    before = await world.database.read(lambda c: get_analysis(c, 2, "en"))
    call = world.analyze("developer", "other", mode=LLM)
    assert (await call.read()).WhichOneof("piece") is None  # begun
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not world.model.open_connections:
            await asyncio.sleep(0.01)
        call.cancel()
        while world.model.open_connections:
            await asyncio.sleep(0.01)
    assert before is None
    assert await world.database.read(lambda c: get_analysis(c, 2, "en")) is None


@pytest.mark.parametrize(
    ("behavior", "why"),
    [
        (Behavior(server_error_rate=1.0), "it answered with status 500"),
        (Behavior(truncate_rate=1.0), "it cannot be reached, or broke off"),
        (Behavior(error_event_rate=1.0), "the model failed while it wrote"),
        (Behavior(empty_rate=1.0), "it said nothing"),
        (Behavior(reasoning_tokens=TOKENS), "it said nothing"),
    ],
)
async def test_a_model_that_fails_leaves_nothing_behind(world, behavior, why):
    world.model.behavior = behavior
    call = world.analyze("developer", "other", mode=LLM, language="ko")
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        async for _ in call:
            pass
    error = from_rpc_error(failed.value)
    assert (error.reason, error.message) == ("ANALYSIS_FAILED", f"the analysis server gave no analysis: {why}")
    assert await world.database.read(lambda c: get_analysis(c, 2, "ko")) is None


async def test_a_run_that_is_deleted_meanwhile_keeps_none(world):
    world.model.behavior = Behavior(itl_ms=10)
    call = world.analyze("developer", "leaving", mode=LLM)
    while not (await call.read()).content:
        pass
    await world.database.write(lambda c: begin_deletion(c, 3, "me", 60.0))
    assert await refusal(call) == ("RUN_DELETED", None)
    assert await world.database.read(lambda c: get_analysis(c, 3, "en")) is None


async def test_thoughts_are_told_of_and_not_told(world):
    world.model.behavior = Behavior(reasoning_tokens=10)
    pieces = await world.all_of("developer", mode=LLM, refresh=True)
    kinds = [piece.WhichOneof("piece") for piece in pieces]
    told = [piece.thinking for piece in pieces if piece.WhichOneof("piece") == "thinking"]
    assert told == [True, False]
    assert kinds.index("content") > max(at for at, kind in enumerate(kinds) if kind == "thinking")
    assert len(pieces[-1].analysis.text.split()) == TOKENS - 10


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"run_id": "nothing"}, "RUN_NOT_FOUND", None),
        ({"run_id": ""}, "MISSING_REQUIRED_FIELD", "run_id"),
        ({"run_id": "pending"}, "RESULT_NOT_FOUND", None),
        ({"run_id": "running"}, "RUN_NOT_FINISHED", None),
        ({"run_id": "failed"}, "RUN_FAILED", None),
        ({"run_id": "failed", "mode": LLM}, "RUN_FAILED", None),
        ({"language": "zh"}, "INVALID_FIELD_VALUE", "language"),
        ({"mode": 7}, "INVALID_FIELD_VALUE", "mode"),
        ({"server_url": "http://169.254.169.254"}, "INVALID_FIELD_VALUE", "server_url"),
        ({"model": "another"}, "INVALID_FIELD_VALUE", "model"),
        ({"is_thinking_model": True}, "INVALID_FIELD_VALUE", "is_thinking_model"),
    ],
)
async def test_what_is_wrong_is_said_before_anything_is_begun(world, fields, reason, field):
    before = world.model.requests
    assert await refusal(world.analyze("developer", **fields)) == (reason, field)
    assert world.model.requests == before


async def test_older_parameters_may_name_what_is_set(world):
    older = {"server_url": f"{world.model.url}/v1/", "model": MODEL, "is_thinking_model": False}
    assert (await world.all_of("developer", **older))[-1].analysis.mode == LLM


async def test_without_a_model_rules_are_all_there_is(world):
    serve_as(Principal.unlimited("test"))
    analyses = Analyses(world.database, None)
    request = analysis_pb2.AnalyzeRunRequest(run_id="done", mode=LLM, language="ko")
    with pytest.raises(LoadcellError) as refused:
        async for _ in analyses.pieces(request, Scope(None)):
            pass
    assert refused.value.reason == "ANALYSIS_OFF"
    by_rules = analysis_pb2.AnalyzeRunRequest(run_id="done", is_thinking_model=False)
    assert [piece async for piece in analyses.pieces(by_rules, Scope(None))][-1].HasField("analysis")
