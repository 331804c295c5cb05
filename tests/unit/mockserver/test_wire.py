"""The mock server to the byte: every behaviour seen by a client that believes nothing."""

import asyncio
import contextlib
import json
import socket
from typing import Any

import pytest
from raw_http import RawResponse, exchange

from loadcell.mockserver import Behavior, MockServer, serve


def request(body: dict[str, Any] | bytes, path: str = "/v1/chat/completions", headers: str = "") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: mock\r\ncontent-length: {len(data)}\r\n{headers}\r\n"
    return head.encode() + data


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": "mock-model", "messages": [{"role": "user", "content": "one two three"}], **fields}


async def ask(server: MockServer, **fields: Any) -> RawResponse:
    return await exchange(server.port, request(chat(**fields)))


def deltas(response: RawResponse) -> list[dict[str, Any]]:
    parsed = [json.loads(event) for event in response.events if event != b"[DONE]"]
    return [event["choices"][0]["delta"] for event in parsed if event.get("choices")]


async def test_stream_has_role_tokens_finish_usage_and_terminator():
    async with serve() as server:
        response = await ask(server, stream=True, max_tokens=3, stream_options={"include_usage": True})
    assert response.complete
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [delta.get("content") for delta in deltas(response)] == ["", " load", " load", " load", None]
    assert response.events[-1] == b"[DONE]"
    usage = json.loads(response.events[-2])["usage"]
    assert usage == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}
    assert json.loads(response.events[-3])["choices"][0]["finish_reason"] == "length"


async def test_stream_without_include_usage_has_no_usage():
    async with serve() as server:
        response = await ask(server, stream=True, max_tokens=2)
    assert not any(b"usage" in event for event in response.events)


async def test_default_length_and_reported_prompt_tokens_can_be_set():
    async with serve(Behavior(output_tokens=5, prompt_tokens=77)) as server:
        document = json.loads((await ask(server)).body)
    assert document["usage"] == {"prompt_tokens": 77, "completion_tokens": 5, "total_tokens": 82}
    assert document["choices"][0]["message"]["content"] == " load" * 5
    assert document["choices"][0]["finish_reason"] == "stop"


async def test_usage_can_be_left_out():
    async with serve(Behavior(usage=False)) as server:
        document = json.loads((await ask(server)).body)
        stream = await ask(server, stream=True, stream_options={"include_usage": True})
    assert "usage" not in document
    assert not any(b"usage" in event for event in stream.events)


async def test_multi_token_events_carry_the_rest_in_the_last():
    async with serve(Behavior(tokens_per_event=3, role_chunk=False)) as server:
        response = await ask(server, stream=True, max_tokens=7)
    assert [delta.get("content") for delta in deltas(response)[:-1]] == [" load" * 3, " load" * 3, " load"]


async def test_reasoning_comes_first():
    async with serve(Behavior(reasoning_tokens=2, role_chunk=False)) as server:
        stream = await ask(server, stream=True, max_tokens=3, stream_options={"include_usage": True})
        document = json.loads((await ask(server, max_tokens=3)).body)
    assert [*map(list, map(dict.keys, deltas(stream)[:3]))] == [["reasoning_content"]] * 2 + [["content"]]
    assert json.loads(stream.events[-2])["usage"]["completion_tokens_details"] == {"reasoning_tokens": 2}
    assert document["choices"][0]["message"]["reasoning_content"] == " load load"


async def test_text_completions_have_no_role_and_no_reasoning():
    async with serve(Behavior(reasoning_tokens=5)) as server:
        body = {"model": "mock-model", "prompt": ["a b", "c"], "max_tokens": 2, "stream": True}
        stream = await exchange(server.port, request(body, "/v1/completions"))
        document = json.loads(
            (await exchange(server.port, request({**body, "stream": False}, "/v1/completions"))).body
        )
    texts = [json.loads(event)["choices"][0]["text"] for event in stream.events[:-1]]
    assert texts == [" load", " load", ""]
    assert document["object"] == "text_completion"
    assert document["usage"]["prompt_tokens"] == 3


async def test_paced_stream_says_the_same_as_the_immediate_one():
    async with serve(Behavior(reasoning_tokens=2, tokens_per_event=2)) as server:
        fast = await ask(server, stream=True, max_tokens=9)
        server.behavior = Behavior(reasoning_tokens=2, tokens_per_event=2, ttft_ms=5, itl_ms=1, jitter=0.5)
        slow = await ask(server, stream=True, max_tokens=9)
    assert fast.body.replace(b"chatcmpl-0", b"chatcmpl-1") == slow.body


async def test_tokens_are_not_sent_before_their_time():
    async with serve(Behavior(ttft_ms=40, itl_ms=20)) as server:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await ask(server, stream=True, max_tokens=3)
        assert loop.time() - began >= 0.079


async def test_truncated_stream_has_no_terminator():
    async with serve(Behavior(truncate_rate=1)) as server:
        response = await ask(server, stream=True, max_tokens=10)
    assert response.status == 200
    assert not response.complete
    assert len(deltas(response)) == 6
    assert b"[DONE]" not in response.body


async def test_truncated_document_is_shorter_than_announced():
    async with serve(Behavior(truncate_rate=1)) as server:
        response = await ask(server)
    assert not response.complete
    assert 0 < len(response.body) < int(response.headers["content-length"])


async def test_stall_delays_the_second_half():
    async with serve(Behavior(stall_rate=1, stall_ms=60)) as server:
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await ask(server, stream=True, max_tokens=4)
        assert loop.time() - began >= 0.059
    assert response.complete


async def test_error_event_ends_the_stream_inside_status_200():
    async with serve(Behavior(error_event_rate=1)) as server:
        response = await ask(server, stream=True, max_tokens=4)
        document = await ask(server, max_tokens=4)
    assert (response.status, response.complete) == (200, True)
    assert json.loads(response.events[-1])["error"]["message"] == "The engine died."
    assert document.status == 500


async def test_empty_completion_is_complete():
    async with serve(Behavior(empty_rate=1)) as server:
        response = await ask(server, stream=True, stream_options={"include_usage": True})
    assert response.complete
    assert [delta for delta in deltas(response) if delta.get("content")] == []
    assert json.loads(response.events[-2])["usage"]["completion_tokens"] == 0


async def test_reset_answers_nothing():
    async with serve(Behavior(reset_rate=1)) as server:
        response = await ask(server)
    assert response.status == 0


@pytest.mark.parametrize(("rate", "status"), [("server_error_rate", 500), ("rate_limit_rate", 429)])
async def test_status_errors_carry_the_openai_body(rate: str, status: int):
    async with serve(Behavior(**{rate: 1})) as server:
        response = await ask(server)
    assert response.status == status
    assert set(json.loads(response.body)["error"]) == {"message", "type", "param", "code"}
    assert (response.headers.get("retry-after") == "1") == (status == 429)


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (b"[]", 400, None),
        (b'{"messages":[1]}', 400, "model"),
        (b'{"model":"gpt-9","messages":[1]}', 404, "model"),
        (b'{"model":"mock-model"}', 400, "messages"),
        (b'{"model":"mock-model","messages":[1],"max_tokens":0}', 400, "max_tokens"),
        (b'{"model":"mock-model","messages":[1],"max_tokens":"x"}', 400, "max_tokens"),
    ],
)
async def test_malformed_requests_are_refused(body: bytes, status: int, param: str | None):
    async with serve() as server:
        response = await exchange(server.port, request(body))
    assert response.status == status
    assert json.loads(response.body)["error"]["param"] == param
    assert server.requests == 0


async def test_api_key_is_asked_for_everywhere_but_health():
    async with serve(api_key="sesame") as server:
        refused = await exchange(server.port, request(chat()))
        wrong = await exchange(server.port, request(chat(), headers="authorization: Bearer nope\r\n"))
        right = await exchange(server.port, request(chat(), headers="authorization: Bearer sesame\r\n"))
        health = await exchange(server.port, b"GET /health HTTP/1.1\r\nhost: mock\r\n\r\n")
    assert [refused.status, wrong.status, right.status, health.status] == [401, 401, 200, 200]
    assert json.loads(refused.body)["error"]["code"] == "invalid_api_key"


async def test_pages_beside_completions():
    async with serve(Behavior(models=("a", "b/c"))) as server:

        async def get(path: str) -> RawResponse:
            return await exchange(server.port, f"GET {path} HTTP/1.1\r\nhost: mock\r\n\r\n".encode())

        models = await get("/v1/models")
        assert [model["id"] for model in json.loads(models.body)["data"]] == ["a", "b/c"]
        assert json.loads((await get("/v1/models/b%2Fc")).body)["id"] == "b/c"
        assert (await get("/v1/models/d")).status == 404
        assert (await get("/nowhere")).status == 404
        assert (await get("/v1/completions")).status == 405


async def test_what_is_not_http_is_refused():
    async with serve() as server:
        response = await exchange(server.port, b"EHLO mock\r\n\r\n")
    assert response.status == 400


async def test_pipelined_requests_are_answered_in_order_over_one_connection():
    async with serve(Behavior(ttft_ms=1), keep_bodies=True) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"".join(request(chat(max_tokens=number)) for number in range(1, 41)))
        lengths = []
        for _ in range(40):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            lengths.append(json.loads(await reader.readexactly(length))["usage"]["completion_tokens"])
        writer.close()
        await writer.wait_closed()
    assert lengths == list(range(1, 41))
    assert (server.connections, server.requests, len(server.bodies)) == (1, 40, 40)


async def test_connection_close_is_honoured():
    async with serve() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request(chat(), headers="connection: close\r\n"))
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


async def test_a_long_stream_waits_for_a_slow_reader():
    async with serve() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(request(chat(stream=True, max_tokens=60_000)))
        response = RawResponse()
        while not response.complete:
            response.feed(await reader.read(262_144))
        writer.close()
        await writer.wait_closed()
    assert response.body.count(b" load") == 60_000


async def test_what_is_accepted_while_the_server_stops_is_closed():
    """A connection that nobody closes would fail this test at its end."""
    for turns in range(6):
        async with serve() as server:
            clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
        for client in clients:
            with client, contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""


async def test_clients_that_leave_in_the_middle_do_no_harm():
    async with serve(Behavior(ttft_ms=1, itl_ms=5)) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request(chat(stream=True, max_tokens=1000)))
        await writer.drain()
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        assert (await ask(server, max_tokens=1)).status == 200
