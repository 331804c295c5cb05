"""A TCP server of a few lines that leaves no connection open, whatever its handler and its peer do."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def tcp_server(handle):
    """Serve `await handle(reader, writer)` on a free port of loopback and yield the base URL.

    A peer that leaves ends its handler; the end of the block ends all of them.
    """
    handlers = set()

    async def accept(reader, writer):
        handlers.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
