import asyncio

import httptools


class RawResponse:
    """What came back on one connection, to the byte."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.complete = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True

    @property
    def events(self) -> list[bytes]:
        return [bytes(part.removeprefix(b"data: ")) for part in self.body.split(b"\n\n") if part]


async def exchange(port: int, request: bytes) -> RawResponse:
    """Send one request and read until its end or the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    response = RawResponse()
    try:
        writer.write(request)
        while not response.complete and (data := await reader.read(65536)):
            response.feed(data)
    except ConnectionResetError:
        pass
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    return response
