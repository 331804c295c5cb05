"""What is asked of the server of a model, and what becomes of its answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from controller.analysis import model
from controller.analysis.model import ask
from controller.analysis.settings import ModelServer
from loadcell.errors import LoadcellError
from loadcell.mockserver import Behavior, MockServer, serve
from loadcell.settings import Secret
from tests.free_ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUESTION = [{"role": "user", "content": "?"}]
KEY = "sk-1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mock() -> AsyncIterator[MockServer]:
    async with serve(api_key=KEY, keep_bodies=True) as server:
        yield server


def at(mock: MockServer, **changes: object) -> ModelServer:
    plain = {"url": mock.url, "model": "mock-model", "api_key": Secret(KEY), "thinking": False}
    return ModelServer(**{**plain, "seconds": 60.0, "tokens": 5, **changes})


async def failure(server: ModelServer) -> str:
    with pytest.raises(LoadcellError) as failed:
        async for _ in ask(server, QUESTION):
            pass
    assert failed.value.reason == "ANALYSIS_FAILED"
    return failed.value.message.partition(": ")[2]


async def test_what_is_asked(mock):
    mock.behavior = Behavior()
    said = [piece async for piece in ask(at(mock), QUESTION)]
    assert len(said) == 5
    assert json.loads(mock.bodies[-1]) == {
        "model": "mock-model",
        "messages": QUESTION,
        "stream": True,
        "max_tokens": 5,
        "temperature": 0.3,
    }


async def test_a_thinker_that_did_not_think_loses_nothing(mock):
    mock.behavior = Behavior()
    told = [piece async for piece in ask(at(mock, thinking=True), QUESTION)]
    assert told[:2] == [True, False]
    assert told[2] == "".join([piece async for piece in ask(at(mock), QUESTION)])


async def test_why_there_is_none(mock, monkeypatch):
    mock.behavior = Behavior()
    assert await failure(at(mock, api_key=Secret("wrong"))) == "it answered with status 401"
    assert await failure(at(mock, model="other")) == "it answered with status 404"
    nobody = at(mock, url=f"http://127.0.0.1:{free_port()}")
    assert await failure(nobody) == "it cannot be reached, or broke off"
    monkeypatch.setattr(model, "MAX_CHARACTERS", 3)
    assert await failure(at(mock)) == "its analysis is longer than 3 characters"
    monkeypatch.setattr(model, "MAX_BYTES", 100)
    assert await failure(at(mock)) == "its answer is longer than 100 bytes"
    monkeypatch.undo()
    mock.behavior = Behavior(ttft_ms=3_600_000)
    assert await failure(at(mock, seconds=0.2)) == "it took longer than 0.2 s"
