"""What is served beside metrics, and how a port bears those who ask wrongly or not at all."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from loadcell import metrics_server
from loadcell.metrics_port import Health, MetricsPort
from loadcell.metrics_server import HEAD_SECONDS, MOST_CONNECTIONS
from loadcell.settings import Address
from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS


class Served:
    def __init__(self) -> None:
        self.health = Health(ready=True, well=True, facts={"database": "healthy"})
        self.address = Address("127.0.0.1", free_port())

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=PATIENCE_SECONDS)) as to:
            to.request(method, path)
            answer = to.getresponse()
            return answer.status, answer.read().decode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served()
    with closing(
        MetricsPort("loadcell-agent", one.address, CollectorRegistry(), lambda: one.health, tmp_path / "not yet")
    ):
        yield one


def test_health_says_how_each_thing_is(served: Served) -> None:
    status, text = served.ask("/health")
    assert (status, json.loads(text)["status"], json.loads(text)["database"]) == (200, "healthy", "healthy")
    assert json.loads(text)["service"] == "loadcell-agent"
    served.health = Health(ready=True, well=False, facts={"database": "unhealthy"})
    status, text = served.ask("/health")
    assert (status, json.loads(text)["status"], json.loads(text)["database"]) == (503, "degraded", "unhealthy")
    assert served.ask("/ready") == (200, '{"status": "ready", "service": "loadcell-agent"}')
    served.health = Health(ready=False, well=True, facts={})
    assert served.ask("/ready") == (503, '{"status": "not ready", "service": "loadcell-agent"}')
    assert served.ask("/alive") == (200, '{"status": "alive", "service": "loadcell-agent"}')


def test_what_is_not_there_is_refused(served: Served) -> None:
    assert served.ask("/")[0] == 404
    assert served.ask("/health", "POST")[0] == 405
    status, text = served.ask("/metrics")
    assert (status, "process_resident_memory_bytes" in text) == (200, True)


def test_the_room_on_the_disk_is_told_where_the_file_system_says_it(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shutil.disk_usage(tmp_path)
    text = served.ask("/metrics")[1]
    told = dict(line.split() for line in text.splitlines() if line.startswith("loadcell_disk"))
    assert float(told["loadcell_disk_size_bytes"]) == there.total
    assert 0 < float(told["loadcell_disk_free_bytes"]) < there.total
    monkeypatch.setattr(shutil, "disk_usage", lambda _: there._replace(total=0, free=0))
    assert "loadcell_disk" not in served.ask("/metrics")[1]


def raw(connection: socket.socket, sent: bytes = b"") -> bytes:
    """All that comes on a connection until its end."""
    connection.settimeout(PATIENCE_SECONDS)
    connection.sendall(sent)
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("path", ["/metrics", "/health", "/ready", "/alive", "/nothing"])
def test_head_is_answered_as_get_without_the_body(served: Served, path: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", served.address.port, timeout=PATIENCE_SECONDS)) as to:
        to.request("HEAD", path)
        answer = to.getresponse()
        assert (answer.status, answer.read()) == (served.ask(path)[0], b"")
        assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "asked",
    [b"GET /alive HTTP/1.1\r\n\r\n", b"GET /none HTTP/1.1\r\n\r\n", b"what\r\n\r\n", b"GET /" + b"x" * 65_532],
    ids=["right", "nothing there", "no request", "too long"],
)
def test_all_is_answered_with_json_and_says_nothing_of_the_server(served: Served, asked: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.address.port)) as connection:
        head, _, body = raw(connection, asked).partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert b"server:" not in head.lower()
    assert "status" in json.loads(body)


def test_who_says_nothing_gives_way_to_who_asks(served: Served) -> None:
    with ExitStack() as held:
        here = ("127.0.0.1", served.address.port)
        silent = [held.enter_context(socket.create_connection(here)) for _ in range(MOST_CONNECTIONS + 8)]
        assert served.ask("/ready")[0] == 200
        assert b" 503 " in raw(silent[0])


def test_who_says_nothing_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "HEAD_SECONDS", 0.0)
    with socket.create_connection(("127.0.0.1", served.address.port)) as silent:
        assert raw(silent, b"GET /ali") == b""
    assert HEAD_SECONDS < 5  # what asks for health has no more patience


def test_where_all_have_asked_the_next_one_is_told_to_come_again() -> None:
    answering, go_on = threading.Semaphore(0), threading.Event()

    def health() -> Health:
        answering.release()
        assert go_on.wait(PATIENCE_SECONDS)
        return Health(ready=True, well=True, facts={})

    address = Address("127.0.0.1", free_port())
    with (
        closing(MetricsPort("loadcell-agent", address, CollectorRegistry(), health, Path.cwd())),
        ExitStack() as held,
    ):
        held.callback(go_on.set)
        for _ in range(MOST_CONNECTIONS):
            busy = held.enter_context(socket.create_connection(("127.0.0.1", address.port)))
            busy.sendall(b"GET /ready HTTP/1.1\r\n\r\n")
            assert answering.acquire(timeout=PATIENCE_SECONDS)
        with socket.create_connection(("127.0.0.1", address.port)) as late:
            assert b" 503 " in raw(late)


def test_connections_that_got_no_thread_take_none_away_later(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        for _ in range(MOST_CONNECTIONS):
            with pytest.raises((OSError, http.client.HTTPException)):
                served.ask("/alive")
    assert served.ask("/alive")[0] == 200


def test_an_address_that_cannot_be_listened_on_is_an_error(served: Served) -> None:
    for address in (served.address, Address("", 0, unix_path="/nowhere")):
        with pytest.raises(OSError, match=r"."):
            MetricsPort("loadcell-agent", address, CollectorRegistry(), lambda: served.health, Path.cwd())
