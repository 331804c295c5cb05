"""What the guard of targets denies is not connected to, over real sockets and whatever names come to mean."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest
from scripted_server import WHOLE, Bench, Peer, answering, plain

from agent.samples.outcome import ErrorClass, Status
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules

DENYING = TargetGuard(deny=parse_rules("127.0.0.2,::1"))


class Resolver:
    """Answers the first question with the first addresses, the second with the next, and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: object) -> list[object]:
        self.asked += 1
        found = self._answers.pop(0)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.getaddrinfo, raising=False)


async def test_a_denied_address_is_a_failed_request_and_no_connection(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE), host="127.0.0.2")
    sample = await bench.engine(f"http://127.0.0.2:{server.port}", guard=DENYING).ask()
    assert (sample.status, sample.error_class, sample.connect_ns) == (Status.ERROR, ErrorClass.DENIED, -1)
    assert "'127.0.0.2' in LOADCELL_TARGET_DENY" in sample.error_message
    assert server.connections == 0


async def test_warming_up_tells_the_reason(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE), host="127.0.0.2")
    client = bench.engine(f"http://0x7f.2:{server.port}", guard=DENYING)
    with pytest.raises(LoadcellError) as refused:
        await client.engine.warm(3)
    assert refused.value.reason == "TARGET_DENIED"
    assert "127.0.0.2" in refused.value.message
    assert server.connections == 0


async def test_a_name_that_comes_to_mean_a_denied_address_is_judged_by_that(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await bench.serve(answering(WHOLE))
    forbidden = socket.create_server(("127.0.0.2", good.port))
    with forbidden:
        forbidden.setblocking(False)
        resolver = Resolver(["127.0.0.1"], ["127.0.0.2"])
        resolver.install(monkeypatch)
        url = f"http://rebinding.example:{good.port}"
        assert (await bench.engine(url, guard=DENYING).ask()).status is Status.OK
        assert (await bench.engine(url, guard=DENYING).ask()).error_class is ErrorClass.DENIED
        assert resolver.asked == 2
        with pytest.raises(BlockingIOError):  # nobody has connected
            forbidden.accept()


async def test_later_connections_go_to_the_address_that_was_judged_and_ask_no_resolver(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def once(peer: Peer) -> None:
        await peer.request()
        await peer.send(plain("200 OK", b'{"choices":[{"message":{"content":"hi"}}]}', "connection: close"))

    server = await bench.serve(once)
    resolver = Resolver(["127.0.0.1"], ["127.0.0.2"])
    resolver.install(monkeypatch)
    client = bench.engine(f"http://rebinding.example:{server.port}", guard=DENYING, stream=False)
    samples = [await client.ask() for _ in range(5)]
    assert {sample.status for sample in samples} == {Status.OK}
    assert (server.connections, resolver.asked) == (5, 1)


async def test_the_denied_ones_of_several_addresses_are_passed_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await bench.serve(answering(WHOLE))
    Resolver(["::1", "127.0.0.2", "127.0.0.1"], ["::1", "127.0.0.2"]).install(monkeypatch)
    url = f"http://several.example:{server.port}"
    assert (await bench.engine(url, guard=DENYING).ask()).status is Status.OK
    assert (await bench.engine(url, guard=DENYING).ask()).error_class is ErrorClass.DENIED


async def test_a_cancelled_request_to_a_denied_target_is_reported_once(bench: Bench) -> None:
    client = bench.engine("http://127.0.0.2:9", guard=DENYING)
    await client.engine.resolve()
    client.submit()
    client.engine.cancel_all()
    assert (await client.next()).status is Status.CANCELLED
    await asyncio.sleep(0.01)
    assert client.samples.empty()


async def test_redirects_are_not_followed(bench: Bench) -> None:
    elsewhere = await bench.serve(answering(WHOLE))
    location = f"location: http://127.0.0.1:{elsewhere.port}/v1/chat/completions"
    for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"):
        sample = await bench.ask(answering(plain(status, b"", location)))
        assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.PROTOCOL)
    assert elsewhere.connections == 0
