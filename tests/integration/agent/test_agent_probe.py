import hashlib
import itertools
import json
from contextlib import asynccontextmanager

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.fakes.tcp_server import tcp_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-very-secret-key"
PROBE_IDS = map("p{}".format, itertools.count(1))


class ScriptedServer:
    """Answers every request with what `answer(path, body)` returns: (status, document)."""

    def __init__(self, answer):
        self._answer = answer
        self.bodies = []

    async def serve(self, reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode()
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = json.loads(await reader.readexactly(int(length[0].split()[1]))) if length else None
            if body is not None:
                self.bodies.append(body)
            status, document = self._answer(path, body)
            payload = document if isinstance(document, bytes) else json.dumps(document).encode()
            kind = b"text/event-stream" if payload.startswith(b"data:") else b"application/json"
            writer.write(b"HTTP/1.1 %d X\r\ncontent-type: %s\r\n" % (status, kind))
            writer.write(b"content-length: %d\r\n\r\n" % len(payload) + payload)
            await writer.drain()


@asynccontextmanager
async def scripted(answer):
    server = ScriptedServer(answer)
    async with tcp_server(server.serve) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield server


def models(*names):
    return 200, {"object": "list", "data": [{"id": name} for name in names]}


def completion(prompt_tokens=20):
    """A stream of one token with its usage."""
    events = [
        {"choices": [{"delta": {"content": "hi"}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": 1}},
    ]
    return 200, b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"


async def probe(controller, url, model="", **workload):
    probe_id = next(PROBE_IDS)
    lease = grant(url, workload=workload)
    lease.target.model = model
    lease.target.api_key = KEY
    await controller.send(probe=agent_pb2.Probe(probe_id=probe_id, target=lease.target, workload=lease.workload))
    await controller.until(lambda: probe_id in controller.probe_results)
    result = controller.probe_results[probe_id]
    assert KEY not in str(result)
    return result


@pytest.fixture
def controller(shared_controller):
    return shared_controller


@pytest.fixture
def agent(shared_agent):
    yield shared_agent
    assert KEY not in shared_agent.log


async def test_only_model_is_found_and_output_is_pinned(controller, agent):
    async with serve(Behavior(), api_key=KEY) as server:
        result = await probe(controller, server.url, input_len=40)
    assert (result.error, result.model, result.pin_output) == ("", "mock-model", True)
    assert result.words_per_token == pytest.approx(1, rel=0.2)


async def test_M1_words_per_token_come_from_the_servers_own_count(controller, agent):
    async with scripted(lambda path, body: models("m") if body is None else completion(125)) as server:
        result = await probe(controller, server.url, input_len=100)
    assert result.words_per_token == pytest.approx(0.8), result
    prompt = server.bodies[-1]["messages"][0]["content"]
    assert len(prompt.split()) == 100
    assert server.bodies[-1]["max_tokens"] == 1


async def test_implausible_count_is_ignored_with_a_note(controller, agent):
    async with scripted(lambda path, body: models("m") if body is None else completion(5000)) as server:
        result = await probe(controller, server.url, input_len=100)
    assert result.words_per_token == 1
    assert any("cannot be right" in note for note in result.notes)


async def test_several_models_must_be_named(controller, agent):
    async with scripted(lambda path, body: models("a", "b")) as server:
        result = await probe(controller, server.url)
    assert result.error_reason == "MODEL_AMBIGUOUS"
    assert "a, b" in result.error
    assert server.bodies == []


async def test_wrong_model_shows_the_servers_message(controller, agent):
    def answer(path, body):
        if body is None:
            return models("a", "b")
        return 404, {"error": {"message": f"The model `{body['model']}` does not exist."}}

    async with scripted(answer) as server:
        result = await probe(controller, server.url, "ghost")
    assert result.error_reason == "MODEL_NOT_FOUND"
    assert "The model `ghost` does not exist." in result.error
    assert "a, b" in result.error


async def test_named_model_needs_no_list(controller, agent):
    async with scripted(lambda path, body: (404, {}) if body is None else completion()) as server:
        result = await probe(controller, server.url, "alias")
    assert (result.error, result.model) == ("", "alias")


async def test_no_list_and_no_name_is_an_error(controller, agent):
    async with scripted(lambda path, body: (404, {"detail": "Not Found"})) as server:
        result = await probe(controller, server.url)
    assert result.error_reason == "MODEL_NOT_FOUND"
    assert "name the model" in result.error


async def test_M14_output_is_not_pinned_where_the_server_refuses_it(controller, agent):
    def answer(path, body):
        if body is None:
            return models("m")
        if "ignore_eos" in body:
            return 400, {"error": {"message": "unknown field ignore_eos"}}
        return completion()

    async with scripted(answer) as server:
        result = await probe(controller, server.url)
    assert (result.error, result.pin_output) == ("", False)
    assert any("unknown field ignore_eos" in note for note in result.notes)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_refusal_carries_the_servers_message_but_never_the_key(controller, agent, status):
    def answer(path, body):
        return models("m") if body is None else (status, {"error": {"message": f"no, {KEY} is bad"}})

    async with scripted(answer) as server:
        result = await probe(controller, server.url)
    assert result.error_reason == "TARGET_REFUSED", result
    assert "no, [redacted] is bad" in result.error


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_overloaded_server_does_not_stop_a_run(controller, agent, status):
    def answer(path, body):
        return models("m") if body is None else (status, {"error": {"message": "come back later"}})

    async with scripted(answer) as server:
        result = await probe(controller, server.url)
    assert (result.error, result.model) == ("", "m")
    assert any("come back later" in note for note in result.notes)


async def test_unreachable_server_is_named_with_host_port_and_reason(controller, agent):
    async with scripted(lambda path, body: models("m")) as server:
        url = server.url
    result = await probe(controller, url)
    assert result.error_reason == "TARGET_UNREACHABLE"
    assert url.removeprefix("http://") in result.error.replace(" port ", ":")
    assert "refused" in result.error


async def test_server_of_another_kind_is_refused(controller, agent):
    async with scripted(lambda path, body: (200, b"<html>hello</html>")) as server:
        result = await probe(controller, server.url, "m")
    assert result.error_reason == "TARGET_REFUSED", result


async def test_endless_model_list_is_cut_off(controller, agent):
    async with scripted(lambda path, body: (200, b" " * 5_000_000)) as server:
        result = await probe(controller, server.url)
    assert result.error_reason == "MODEL_NOT_FOUND"


async def test_malformed_dataset_names_line_and_reason(controller, agent):
    data = b'{"prompt": "a"}\n{"promt": "b"}\n'
    digest = hashlib.sha256(data).hexdigest()
    controller.assets[digest] = data
    result = await probe(controller, "http://127.0.0.1:9", "m", dataset_asset=digest)
    assert result.error_reason == "MALFORMED_DATASET"
    assert "line 2" in result.error
