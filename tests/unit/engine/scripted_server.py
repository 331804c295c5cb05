"""A server that says exactly what a test tells it to, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import monotonic_ns

from agent.engine.engine import Engine
from agent.engine.request import PreparedRequest
from agent.engine.route import Route
from agent.samples.sample import Sample
from agent.targets import registry
from agent.targets.dialect import Dialect
from agent.targets.endpoint import Endpoint
from agent.targets.prompt import Prompt
from loadcell.target_guard.guard import TargetGuard
from tests.fakes.tcp_server import tcp_server
from tests.patience import PATIENCE_SECONDS

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


class Peer:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader, self.writer, self.number = reader, writer, number

    async def request(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")
        )
        return head + await self.reader.readexactly(length)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_bytewise(self, data: bytes) -> None:
        for i in range(len(data)):
            await self.send(data[i : i + 1])
            await asyncio.sleep(0)

    async def closed(self) -> None:
        """Wait until the client has closed the connection."""
        await self.reader.read()

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Handler = Callable[[Peer], Awaitable[None]]


class Server:
    def __init__(self) -> None:
        self.port = 0
        self.connections = 0


class Bench:
    """Servers and engines of one test, closed at its end."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.clients: list[Client] = []

    async def serve(
        self, handler: Handler, *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> Server:
        server = Server()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.connections += 1
            await handler(Peer(reader, writer, server.connections))

        server.port = await self.stack.enter_async_context(tcp_server(accept, host=host, tls=context))
        return server

    def engine(
        self, url: str, *, timeout: float = 10.0, stream: bool = True, adapter: str = "openai", **options: object
    ) -> Client:
        tls_verify = bool(options.pop("tls_verify", True))
        guard = options.pop("guard", TargetGuard())
        assert isinstance(guard, TargetGuard)
        kept = {name: bool(options.pop(name, False)) for name in ("keep_text", "record_texts")}
        endpoint = Endpoint.parse(url, tls_verify=tls_verify)
        dialect = registry.create(adapter, endpoint, model="m", stream=stream, **options)  # type: ignore[arg-type]
        self.clients.append(Client(self.stack, Route(endpoint, guard), dialect, timeout, kept))
        return self.clients[-1]

    async def reads(self, count: int) -> None:
        """Wait until the last client has read this often: what is sent from now on comes with later reads."""
        await until(lambda: self.clients[-1].engine.health().reads >= count)

    async def ask(self, handler: Handler, **options: object) -> Sample:
        """Serve one request with this handler and return its sample."""
        server = await self.serve(handler)
        return await self.engine(f"http://127.0.0.1:{server.port}", **options).ask()  # type: ignore[arg-type]


class Client:
    def __init__(
        self, stack: AsyncExitStack, route: Route, dialect: Dialect, timeout: float, kept: dict[str, bool]
    ) -> None:
        self.samples: asyncio.Queue[Sample] = asyncio.Queue()
        self.dialect = dialect
        self.engine = Engine(
            asyncio.get_running_loop(),
            route,
            dialect,
            timeout_ns=round(timeout * 1e9),
            on_sample=self.samples.put_nowait,
            **kept,
        )
        stack.push_async_callback(self.engine.close)
        self.count = 0

    def submit(self, payload: bytes | None = None) -> None:
        self.engine.submit(
            PreparedRequest(
                ordinal=self.count,
                warmup=False,
                scheduled_ns=monotonic_ns(),
                payload=payload or self.dialect.build(Prompt(text_json=b'"hi"'), 16),
                requested_tokens=16,
                prompt_tokens=7,
            )
        )
        self.count += 1

    async def ask(self) -> Sample:
        self.submit()
        return await self.next()

    async def next(self) -> Sample:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.samples.get()


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(document: object) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def delta(finish_reason: str | None = None, **fields: object) -> bytes:
    return event({"id": "1", "choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]})


def usage(prompt: int, completion: int, **details: object) -> bytes:
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return event({"id": "1", "choices": [], "usage": {**counts, **details}})


def plain(status: str, body: bytes, *headers: str) -> bytes:
    """A response of known length."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def stream(*events: bytes) -> bytes:
    """A whole response: each event in a chunk of its own."""
    return HEAD + b"".join(chunked(e) for e in events) + END


def answering(*pieces: bytes) -> Handler:
    """Answer every request with these bytes, one send each, and keep the connection open."""

    async def handler(peer: Peer) -> None:
        while True:
            await peer.request()
            for piece in pieces:
                await peer.send(piece)

    return handler


WHOLE = stream(
    delta(role="assistant", content=""),
    delta(content="Hel"),
    delta(content="lo"),
    delta("stop"),
    usage(5, 2),
    DONE,
)
