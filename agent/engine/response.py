"""HTTP/1.1 responses of one connection, one after the other."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD_BYTES = 256 * 1024


class ResponseError(Exception):
    """What arrives is not an HTTP response."""


class ResponseReader:
    """Collects the pieces of a body in `parts`; whoever reads them empties the list.

    `status` is 0 until the final (not 1xx) head has been read. `framed` says that the body's end shows in the
    bytes: without a length or chunks it lasts until the connection ends. `reusable` says that the connection may
    carry another request once `complete` is true.
    """

    __slots__ = (
        "_excess_from",
        "_head_bytes",
        "_keep_alive",
        "_parser",
        "complete",
        "content_type",
        "framed",
        "on_body",
        "parts",
        "status",
    )

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.on_body = self.parts.append  # called by the parser, without any Python code in between
        self.begin()
        self._parser = HttpResponseParser(self)

    def begin(self) -> None:
        """Forget the response before."""
        self.parts.clear()
        self.status = 0
        self.content_type = b""
        self.framed = False
        self.complete = False
        self._keep_alive = False
        self._excess_from = -1
        self._head_bytes = 0

    @property
    def reusable(self) -> bool:
        """Whether the server keeps the connection open and has sent nothing beyond the response."""
        return self.complete and self._keep_alive and self._excess_from < 0

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            ResponseError: The bytes are not HTTP, or the head does not end.
        """
        if not self.status:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                raise ResponseError(f"the head of the response is larger than {MAX_HEAD_BYTES >> 10} KiB")
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # Bytes beyond a complete response spoil the connection, not the response.
            if not self.complete:
                raise ResponseError(f"not an HTTP response: {error}") from error
            self._keep_alive = False
        if self._excess_from >= 0:
            del self.parts[self._excess_from :]

    def on_message_begin(self) -> None:
        """Take notice of a head that begins; called by the parser like the methods below."""
        if self.complete:
            self._excess_from = len(self.parts)
        self.content_type = b""
        self.framed = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what tells how to read the body."""
        match name.lower():
            case b"content-type":
                self.content_type = value
            case b"content-length" | b"transfer-encoding":
                self.framed = True

    def on_headers_complete(self) -> None:
        """Take the status of a final response."""
        status = self._parser.get_status_code()
        if status >= 200 and not self.complete:
            self.status = status

    def on_message_complete(self) -> None:
        """Take notice of the end; interim responses (100 Continue, 103 Early Hints) are no end."""
        if self.status and not self.complete:
            self.complete = True
            self._keep_alive = self._parser.should_keep_alive()
