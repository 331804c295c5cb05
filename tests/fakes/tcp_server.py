"""A TCP server of a few lines that leaves no connection open, whatever its handler and its peers do."""

import asyncio
import contextlib
import socket


@contextlib.asynccontextmanager
async def tcp_server(handle, *, host="127.0.0.1", tls=None):
    """Serve `await handle(reader, writer)` on a free port and yield the port.

    A connection is closed when its handler returns. A peer that leaves ends its handler; the end of the block ends
    all of them and waits until their connections are gone. What else a handler raises is raised there.
    """
    loop = asyncio.get_running_loop()
    serving = {}

    # A server of asyncio forgets what it has accepted and not yet made a connection when it is closed.
    def accept():
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            serving[loop.create_task(_serve(handle, connection, tls))] = connection

    with socket.create_server((host, 0), family=_family(host)) as listener:
        listener.setblocking(False)
        loop.add_reader(listener, accept)
        try:
            yield listener.getsockname()[1]
        finally:
            loop.remove_reader(listener)
    for task in serving:
        task.cancel()
    ends = await asyncio.gather(*serving, return_exceptions=True)
    for connection in serving.values():
        connection.close()  # of a task that never came to begin
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _serve(handle, connection, tls):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = _Protocol(reader)
    try:
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls)
    except OSError:
        return  # no TLS came about
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await handle(reader, writer)
        writer.close()
        await protocol.lost.wait()
    finally:
        transport.abort()
        await protocol.lost.wait()


def _family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class _Protocol(asyncio.StreamReaderProtocol):
    """Knows when the connection is gone, even when waiting for that was cancelled before."""

    def __init__(self, reader):
        super().__init__(reader)
        self.lost = asyncio.Event()

    def connection_lost(self, exc):
        super().connection_lost(exc)
        self.lost.set()
