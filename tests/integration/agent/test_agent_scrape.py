"""What an agent reads of a target's own metrics."""

import itertools

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2
from tests.fakes.tcp_server import tcp_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-very-secret-key"
IDS = map("s{}".format, itertools.count(1))


@pytest.fixture
def controller(shared_controller):
    return shared_controller


@pytest.fixture
def agent(shared_agent):
    yield shared_agent
    assert KEY not in shared_agent.log


async def scrape(controller, url, **changes):
    scrape_id = next(IDS)
    target = grant(url).target
    target.api_key = KEY
    for name, value in changes.items():
        setattr(target, name, value)
    await controller.send(scrape=agent_pb2.Scrape(scrape_id=scrape_id, target=target))
    await controller.until(lambda: scrape_id in controller.scrape_results)
    result = controller.scrape_results[scrape_id]
    assert KEY not in str(result)
    return result


async def test_the_counters_of_a_server_with_our_credentials(controller, agent):
    heads = []

    async def answer(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        page = b'vllm:request_success_total{model_name="m"} 5\nother 1\n'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(page) + page)
        await writer.drain()

    async with tcp_server(answer) as port:
        result = await scrape(controller, f"http://127.0.0.1:{port}/base/v1")
    assert result.error == ""
    assert [(one.name, dict(one.labels), one.value) for one in result.series] == [
        ("vllm:request_success_total", {"model_name": "m"}, 5.0)
    ]
    assert heads[0].startswith(b"GET /base/metrics HTTP/1.1\r\n")
    assert f"authorization: bearer {KEY}".encode() in heads[0].lower()


async def test_a_server_without_a_page(controller, agent):
    async with serve(Behavior(metrics=False), api_key=KEY) as server:
        result = await scrape(controller, server.url)
    assert result.error == "/metrics was answered with status 404"


async def test_nobody_there(controller, agent):
    async with serve(Behavior()) as server:
        url = server.url
    result = await scrape(controller, url)
    assert result.error


async def test_a_target_that_the_run_may_not_have_is_not_asked(controller, agent):
    async with serve(Behavior()) as server:
        result = await scrape(controller, server.url, allowed_targets="10.0.0.0/8")
        assert "none of those that runs of its project may have" in result.error
        assert server.connections == 0


async def test_a_page_without_end_is_given_up(controller, agent):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        for _ in range(9):
            writer.write(b"#" * 1024 * 1024)
            await writer.drain()

    async with tcp_server(answer) as port:
        result = await scrape(controller, f"http://127.0.0.1:{port}")
    assert result.error == "the page of metrics is too long"
