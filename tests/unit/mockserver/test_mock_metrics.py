"""What the mock server says of itself."""

import json

import pytest
from raw_http import exchange

from loadcell.mockserver import Behavior, serve

PAGE = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"


def ask(tokens: int, *, stream: bool, path: str = "/v1/chat/completions") -> bytes:
    body = json.dumps({"model": "m", "messages": ["hi"], "max_tokens": tokens, "stream": stream}).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def told(port: int) -> dict[str, float]:
    page = await exchange(port, PAGE)
    assert (page.status, page.headers["content-type"]) == (200, "text/plain; version=0.0.4")
    lines = [line.rpartition(" ") for line in page.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@pytest.mark.parametrize("itl_ms", [0.0, 0.01])  # all at once, and one after the other
async def test_it_tells_of_every_completion_to_anybody(itl_ms: float):
    async with serve(Behavior(models=("m",), itl_ms=itl_ms), api_key="k") as server:
        assert await told(server.port) == {}
        for stream in (True, False):
            assert (await exchange(server.port, ask(3, stream=stream))).status == 200
        found = await told(server.port)
    assert found['vllm:request_success_total{model_name="m",finished_reason="length"}'] == 2
    assert found['vllm:generation_tokens_total{model_name="m"}'] == 6
    assert found['vllm:time_to_first_token_seconds_count{model_name="m"}'] == 2
    assert found['vllm:time_to_first_token_seconds_sum{model_name="m"}'] >= 0


async def test_a_completion_that_broke_is_none():
    async with serve(Behavior(models=("m",), itl_ms=0.01, truncate_rate=1.0)) as server:
        await exchange(server.port, ask(4, stream=True))
        assert await told(server.port) == {}


async def test_it_lies_when_told_to_and_can_be_silent():
    async with serve(Behavior(models=("m",), metrics_factor=0.5)) as server:
        await exchange(server.port, ask(4, stream=True))
        assert (await told(server.port))['vllm:generation_tokens_total{model_name="m"}'] == 2
        server.behavior = Behavior(metrics=False)
        assert (await exchange(server.port, PAGE)).status == 404


def test_a_share_without_meaning_is_refused():
    with pytest.raises(ValueError, match="metrics_factor must be between 0 and 1000, not -1"):
        Behavior(metrics_factor=-1)
