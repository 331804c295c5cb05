"""Pooling, reuse, writing, cancelling: what happens around one request and the next."""

from __future__ import annotations

import asyncio
import resource
import socket
import sys
import threading
import time

import pytest
from scripted_server import DONE, END, HEAD, WHOLE, Bench, Client, Peer, answering, chunked, delta, stream, until

from agent.engine.engine import Engine
from agent.engine.exchange import STALE_AFTER_NS
from agent.engine.request import PreparedRequest
from agent.samples.outcome import ErrorClass, Status
from agent.samples.sample import Sample
from loadcell.errors import LoadcellError
from tests.patience import PATIENCE_SECONDS


def url(port: int, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{port}"


async def test_M3_a_connection_is_used_again(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(url(server.port))
    samples = [await client.ask() for _ in range(5)]
    assert server.connections == 1
    assert [s.reused for s in samples] == [False, True, True, True, True]
    assert [s.connect_ns > 0 for s in samples] == [True, False, False, False, False]
    assert [s.ordinal for s in samples] == [0, 1, 2, 3, 4]


async def test_M3_warm_connections_are_open_before_the_first_request(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(url(server.port))
    await client.engine.warm(100)
    await until(lambda: server.connections == 100)
    for _ in range(100):
        client.submit()
    samples = [await client.next() for _ in range(100)]
    assert server.connections == 100
    assert {(s.status, s.connect_ns, s.reused) for s in samples} == {(Status.OK, -1, False)}
    await client.engine.warm(50)
    assert client.engine.health().connections == 100


async def test_warming_an_unreachable_target_names_host_port_and_reason(bench: Bench) -> None:
    client = bench.engine(url(1))
    with pytest.raises(LoadcellError, match=r"127\.0\.0\.1:1 .*Connection refused") as caught:
        await client.engine.warm(3)
    assert caught.value.reason == "TARGET_UNREACHABLE"
    assert caught.value.metadata["port"] == "1"


async def test_resolving_an_unknown_host_names_it(bench: Bench) -> None:
    host = f"{'a' * 64}.invalid"
    with pytest.raises(LoadcellError, match=f"cannot resolve {host}"):
        await bench.engine(f"http://{host}").engine.resolve()


async def test_the_last_released_connection_is_taken_first(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(url(server.port))
    await client.engine.warm(10)
    assert [(await client.ask()).reused for _ in range(4)] == [False, True, True, True]


@pytest.mark.parametrize(
    "response",
    [
        WHOLE.replace(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + delta(content="a") + DONE,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + delta(content="a") + delta("stop"),
    ],
    ids=["connection-close", "http-1.0", "until-the-connection-ends"],
)
async def test_a_server_that_closes_after_each_response(bench: Bench, response: bytes) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(response)

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    samples = [await client.ask() for _ in range(3)]
    assert {(s.status, s.reused) for s in samples} == {(Status.OK, False)}
    assert server.connections == 3
    assert client.engine.health().stale_retries == 0


async def test_a_stale_connection_is_replaced_once_and_the_request_starts_anew(bench: Bench) -> None:
    died_ns: list[int] = []

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE)
        if peer.number == 1:
            await peer.request()  # takes the second request and dies
            died_ns.append(time.monotonic_ns())
            return
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    await client.ask()
    await asyncio.sleep(STALE_AFTER_NS / 1e9 + 0.1)
    sample = await client.ask()
    assert (sample.status, sample.reused, sample.connect_ns > 0) == (Status.OK, False, True)
    assert sample.start_ns > died_ns[0] + sample.connect_ns
    assert client.engine.health().stale_retries == 1
    assert server.connections == 2


async def test_a_second_death_is_a_failure(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await peer.send(WHOLE)
            await peer.request()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    await client.ask()
    await asyncio.sleep(STALE_AFTER_NS / 1e9 + 0.1)
    assert (await client.ask()).error_class is ErrorClass.CONNECT
    assert server.connections == 2


async def test_M8_a_request_that_the_server_drops_is_an_error_and_not_asked_again(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE)
        await peer.request()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    samples = [await client.ask() for _ in range(10)]
    assert [s.error_class for s in samples] == [ErrorClass.NONE, ErrorClass.CONNECT] * 5
    assert client.engine.health().stale_retries == 0
    assert server.connections == 5


async def test_a_request_whose_answer_has_begun_is_not_asked_again(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE)
        await peer.request()
        await peer.send(b"H")

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    await client.ask()
    await asyncio.sleep(STALE_AFTER_NS / 1e9 + 0.1)
    assert (await client.ask()).error_class is ErrorClass.CONNECT
    assert client.engine.health().stale_retries == 0
    assert server.connections == 1


async def test_a_first_use_that_dies_is_not_retried(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()

    server = await bench.serve(handler)
    assert (await bench.engine(url(server.port)).ask()).error_class is ErrorClass.CONNECT
    assert server.connections == 1


async def test_a_connection_that_dies_while_idle_leaves_the_pool(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE)

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    await client.ask()
    await until(lambda: client.engine.health().connections == 0)
    assert (await client.ask()).status is Status.OK
    assert client.engine.health().stale_retries == 0


@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_bytes_beyond_the_response_spoil_the_connection_not_the_response(bench: Bench, delay: float) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(WHOLE if delay else WHOLE + WHOLE)
        await asyncio.sleep(delay)
        if delay:
            await peer.send(WHOLE)
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    assert (await client.ask()).event_tokens == [1, 1]
    await until(lambda: client.engine.health().connections == 0)
    assert (await client.ask()).event_tokens == [1, 1]
    assert server.connections == 2


async def test_a_request_larger_than_the_kernels_buffer_arrives_whole(bench: Bench) -> None:
    received: list[bytes] = []

    async def handler(peer: Peer) -> None:
        await asyncio.sleep(0.05)
        received.append(await peer.request())
        await peer.send(WHOLE)
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    body = bytes(range(256)) * 80_000
    payload = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    client.submit(payload)
    assert (await client.next()).status is Status.OK
    assert received == [payload]


async def test_an_answer_before_the_request_is_sent_ends_the_connection(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    body = b"x" * 20_000_000
    client.submit(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert (await client.next()).http_status == 413
    assert client.engine.health().connections == 0


async def test_cancelling_reports_every_request_at_once_with_its_age(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")))
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port))
    for _ in range(20):
        client.submit()
    await bench.reads(20)
    client.submit()  # is still connecting
    client.engine.cancel_all()
    assert client.engine.in_flight == 0
    samples = [client.samples.get_nowait() for _ in range(21)]
    assert {(s.status, s.error_class) for s in samples} == {(Status.CANCELLED, ErrorClass.NONE)}
    assert all(s.end_ns > s.start_ns for s in samples)
    assert sum(len(s.event_times_ns) for s in samples) == 20
    assert client.engine.health().connections == 0


async def test_closing_reports_what_is_in_flight(bench: Bench) -> None:
    server = await bench.serve(lambda peer: peer.closed())
    client = bench.engine(url(server.port))
    client.submit()
    await client.engine.close()
    assert client.samples.get_nowait().status is Status.CANCELLED


async def test_requests_submitted_from_on_sample_do_not_recurse(bench: Bench) -> None:
    """Closed loops submit the next request where the last one ended, ten times the recursion limit in a row."""
    total = sys.getrecursionlimit() * 10
    probe = bench.engine(url(1))
    finished = asyncio.get_running_loop().create_future()
    seen: list[ErrorClass] = []

    def again(sample: Sample) -> None:
        seen.append(ErrorClass(sample.error_class))
        if len(seen) < total:
            engine.submit(PreparedRequest(len(seen), False, 0, payload, 1))
        else:
            finished.set_result(None)

    engine = Engine(
        asyncio.get_running_loop(), probe.engine._route, probe.dialect, timeout_ns=10**10, on_sample=again
    )
    payload = b"POST / HTTP/1.1\r\n\r\n"
    await engine.resolve()
    engine.submit(PreparedRequest(0, False, 0, payload, 1))
    assert seen == []  # nothing is reported from inside submit
    await finished
    await engine.close()
    assert set(seen) == {ErrorClass.CONNECT}


async def test_deadlines_are_kept_apart(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        if peer.number % 2:
            await peer.send(WHOLE)
        await peer.closed()

    server = await bench.serve(handler)
    client = bench.engine(url(server.port), timeout=3.0)
    for _ in range(10):
        client.submit()
    samples = [await client.next() for _ in range(10)]
    classes = sorted(s.error_class for s in samples)
    assert classes == [ErrorClass.NONE] * 5 + [ErrorClass.TIMEOUT] * 5


async def test_an_ipv6_literal(bench: Bench) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    server = await bench.serve(answering(WHOLE), host="::1")
    assert (await bench.engine(url(server.port, "[::1]")).ask()).status is Status.OK


async def test_the_next_address_is_tried_when_the_first_refuses(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(url(server.port, "localhost"))
    await client.engine.resolve()
    addresses = client.engine._route.addresses
    addresses[:] = [addresses[0]._replace(family=socket.AF_INET, sockaddr=("127.0.0.2", server.port)), *addresses]
    assert (await client.ask()).status is Status.OK
    assert addresses[0].sockaddr[0] != "127.0.0.2"


async def test_the_host_is_resolved_once(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(url(server.port, "localhost"))
    samples = [await client.ask() for _ in range(2)]
    assert [s.dns_ns >= 0 for s in samples] == [True, False]


async def wait_for_kernel_stamps(client: Client) -> list[Sample]:
    """Ask until the kernel stamps: it switches that on a moment after it was asked to."""
    samples = [await client.ask()]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while sys.platform == "linux" and client.engine.health().timestamp_source != "kernel":
            samples.append(await client.ask())
    return samples


async def test_health_tells_what_the_engine_sees_of_itself(bench: Bench) -> None:
    server = await bench.serve(answering(HEAD, chunked(delta(content="a")), chunked(DONE) + END))
    client = bench.engine(url(server.port))
    samples = await wait_for_kernel_stamps(client)
    health = client.engine.health()
    assert health.reads == sum(s.read_count for s in samples) == health.read_delay.count
    assert health.coalesced_reads == 0
    assert health.connections == 1
    assert 0 < health.open_files < health.open_files_limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert health.retransmits >= 0
    assert health.clock_steps == 0
    if sys.platform == "linux":
        assert any(s.client_delay_ns > 0 for s in samples)


@pytest.mark.skipif(sys.platform != "linux", reason="kernel stamps are Linux")
async def test_M17_a_busy_client_does_not_move_the_stamps(bench: Bench) -> None:
    """The kernel stamps arrivals while the process is busy; the delay of the client shows beside them."""
    answered: list[int] = []

    def answer(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            while peer.recv(65536):
                peer.sendall(WHOLE)
                answered.append(time.monotonic_ns())

    def keep_busy(answers: int) -> None:
        while len(answered) < answers:
            time.sleep(0.001)
        time.sleep(0.2)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        client = bench.engine(url(listener.getsockname()[1]))
        asked = len(await wait_for_kernel_stamps(client))
        client.submit()
        keep_busy(asked + 1)
        sample = await client.next()
        await client.engine.close()
        thread.join()
    assert sample.first_ns <= answered[-1]
    assert sample.client_delay_ns >= 200_000_000


async def test_a_failure_keeps_what_was_seen_before_it(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), delta(content="b"))))
    assert (sample.completion_tokens, sample.event_tokens, sample.first_ns > 0) == (2, [1, 1], True)
