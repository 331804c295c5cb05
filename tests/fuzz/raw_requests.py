"""HTTP requests as bytes, at random: usable ones, spoilt in one or several of the ways that people think of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

import orjson
from google.protobuf.json_format import MessageToDict, SerializeToJsonError

from gateway.bindings import Binding
from tests.fuzz.random_messages import HOSTILE, PLAUSIBLE, RandomMessages
from tests.fuzz.starts import STARTS

Header = tuple[bytes, bytes]
LARGE_BYTES = 10 * 1024 * 1024
_FIXED = ("/", "/alive", "/health", "/ready", "/docs", "/docs/docs.js", "/openapi.json", "/nope", "*", "//", "/..")
_METHODS = (
    b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND", b"BREW", b"get",
    b"",
)  # fmt: skip
_VERSIONS = (
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"HTTP/1.2",
    b"HTTP/1.1 ",
    b"http/1.1",
    b"HTTP/9999999999",
    b"",
)
_ODD: tuple[Header, ...] = (
    (b"Accept", b"text/html"), (b"Accept", b"*/*;q=0"), (b"Accept", b";;,q="), (b"Accept", b"\xff\xfe"),
    (b"Accept-Encoding", b"gzip;q=nan, zstd;q=-1"), (b"Accept-Encoding", b"gzip"),
    (b"Accept-Encoding", b"zstd, *;q=0"), (b"Content-Type", b"text/plain"), (b"Content-Type", b""),
    (b"Content-Type", b"application/json; charset=utf-16"), (b"Content-Encoding", b"gzip"),
    (b"Content-Encoding", b"identity"), (b"Expect", b"100-continue"), (b"Expect", b"200-maybe"),
    (b"Upgrade", b"h2c"), (b"Connection", b"Upgrade, HTTP2-Settings"), (b"Host", b"other.example"),
    (b"Host", b""), (b"Host", b"[::1"), (b"Host", b"a b"), (b"Origin", b"null"),
    (b"Origin", b"http://page.example"), (b"Access-Control-Request-Method", b"POST"), (b"Range", b"bytes=0-0"),
    (b"Range", b"bytes=9-1,-"), (b"Range", b"bytes=" + b"0-1," * 2_000),
    (b"Range", b"bytes=999999999999999999999-"), (b"If-Range", b"W/\"x\""), (b"If-Range", b"Sat, 32 Foo 9999"),
    (b"If-None-Match", b"*"), (b"If-None-Match", b"\"" * 500),
    (b"If-None-Match", b"\"\xff\", W/\"\", \"-gzip\""), (b"If-Modified-Since", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"If-Modified-Since", b"-1"), (b"If-Modified-Since", b"Fri, 99 Dec 99999 99:99:99 GMT"),
    (b"If-Match", b"nonsense"), (b"X-Request-ID", b"a\tb"), (b"X-Request-ID", b"x" * 5_000),
    (b"X-API-Key", b"k\xff"), (b"X-API-Key", b""), (b"Authorization", b"Bearer"),
    (b"Authorization", b"Basic \xff"), (b"Authorization", b"Bearer " + b"a." * 5_000),
    (b"Idempotency-Key", b"\xff"), (b"Idempotency-Key", b"x" * 5_000), (b"Cookie", b"a=b; " * 1_000),
    (b"Forwarded", b"for=127.0.0.1"), (b"X-Forwarded-For", b"127.0.0.1"), (b"X-HTTP-Method-Override", b"DELETE"),
    (b"Trailer", b"X-API-Key"), (b"TE", b"trailers"), (b"Content-Length", b"0"), (b"Content-Length", b"5"),
    (b"Content-Length", b"-1"), (b"Content-Length", b"0x10"), (b"Content-Length", b"1, 1"),
    (b"Max-Forwards", b"0"), (b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"gzip, chunked"),
    (b"Transfer-Encoding", b"\x0bchunked"), (b"a b", b"c"), (b"", b"x"), (b"x\0", b"y"), (b"x", b"\0"),
    (b"x", b"a\r\n b"), (b"x", b"a\nb: c"),
)  # fmt: skip
_BODIES = (
    b"{", b"[]", b"null", b"\"x\"", b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"{}{}", b"{\"a\":1,\"a\":2}", b"NaN",
    b"1e999", b"{\"a\":\"\\ud800\"}", b"{\"a\":\"\xff\"}", b"[" * 5_000, b"{\"a\":" * 5_000, b"\0" * 100,
    b"a=b&c=d", b"{\"a\":" + b"9" * 5_000 + b"}", b"{\"\":{}}", b"[" + b"[]," * 300_000 + b"[]]",
)  # fmt: skip
_TARGETS = (
    b"%ff", b"%00", b"%", b"%zz", b"%ed%a0%80", b"/../..", b"/%2e%2e/", b"//", b";x", b"#y", b"\xc3\xa9", b"\0",
    b"\x7f", b" ", b"?" * 50, b"&" * 500, b"?a=1&a=2", b"?%ff=1", b"?a[]=1", b"x" * 3_000, b"?" + b"y" * 20_000,
)  # fmt: skip


@dataclass
class RawRequest:
    """A request before it is bytes; `is_whole` as long as its end is where it says."""

    method: bytes
    target: bytes
    version: bytes = b"HTTP/1.1"
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    is_chunked: bool = False
    is_whole: bool = True

    def render(self) -> bytes:
        """Return its bytes."""
        headers, body = list(self.headers), self.body
        if self.is_chunked:
            headers.append((b"Transfer-Encoding", b"chunked"))
            half = len(body) // 2
            parts = [part for part in (body[:half], body[half:]) if part]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        elif body:
            headers.append((b"Content-Length", b"%d" % len(body)))
        lines = [b"%b %b %b" % (self.method, self.target, self.version), *(b"%b: %b" % one for one in headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


class RawRequests:
    """Makes requests of the calls of a contract; most with the key of somebody who may call."""

    def __init__(self, random: Random, bindings: list[Binding], key: str) -> None:
        self._random, self._bindings = random, bindings
        self._messages = RandomMessages(random)
        self._headers = [(b"Host", b"localhost"), (b"X-API-Key", key.encode())]

    def make(self) -> RawRequest:
        """Return a request."""
        random = self._random
        request = self._usable() if random.random() < 0.7 else RawRequest(b"GET", random.choice(_FIXED).encode())
        request.headers = [*self._headers, *request.headers]
        for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
            random.choice(_WAYS)(random, request)
        return request

    def _usable(self) -> RawRequest:
        random = self._random
        binding = random.choice(self._bindings)
        fields = self._fields(binding)
        path = binding.template.documented
        for name in binding.template.fields:
            path = path.replace(f"{{{name}}}", quote(str(fields.pop(name, random.choice(PLAUSIBLE))), safe=""))
        request = RawRequest(binding.verb.encode(), path.encode())
        if binding.body:
            request.body = orjson.dumps(fields)
            request.headers.append((b"Content-Type", b"application/json"))
            request.is_chunked = random.random() < 0.2
        elif fields:
            pairs = (
                f"{name}={quote(str(value))}" for name, value in fields.items() if not isinstance(value, dict)
            )
            request.target += b"?" + "&".join(pairs).encode()
        return request

    def _fields(self, binding: Binding) -> dict[str, Any]:
        start = STARTS.get(f"{binding.method.containing_service.name}/{binding.method.name}")
        while True:
            message = self._messages.make(binding.request, start)
            try:
                return MessageToDict(message, preserving_proto_field_name=True)
            except SerializeToJsonError:
                continue  # JSON has no infinity


def _other_method(random: Random, request: RawRequest) -> None:
    request.method = random.choice(_METHODS)


def _other_version(random: Random, request: RawRequest) -> None:
    request.version = random.choice(_VERSIONS)


def _odd_header(random: Random, request: RawRequest) -> None:
    for _ in range(random.choice((1, 1, 2, 5))):
        request.headers.insert(random.randrange(len(request.headers) + 1), random.choice(_ODD))
    # What says where a body ends may not be true any more.
    request.is_whole = not {b"Content-Length", b"Transfer-Encoding"} & {name for name, _ in request.headers}


def _without_header(random: Random, request: RawRequest) -> None:
    if request.headers:
        request.headers.pop(random.randrange(len(request.headers)))


def _many_headers(random: Random, request: RawRequest) -> None:
    size = random.choice((10, 3_000, 70_000))
    request.headers += [(b"x-filler", b"y" * size)] * random.choice((1, 20, 500))


def _odd_target(random: Random, request: RawRequest) -> None:
    odd = random.choice(_TARGETS)
    at = random.choice((len(request.target), random.randrange(len(request.target) + 1)))
    request.target = request.target[:at] + odd + request.target[at:]
    if random.random() < 0.1:
        request.target = b"http://other.example" + request.target


def _hostile_parameter(random: Random, request: RawRequest) -> None:
    name = random.choice(("limit", "fields", "cursor", "from", "status", "unknown", ""))
    mark = b"&" if b"?" in request.target else b"?"
    request.target += mark + f"{name}={quote(random.choice(HOSTILE))}"[:30_000].encode()


def _odd_body(random: Random, request: RawRequest) -> None:
    request.body = random.choice(_BODIES)


def _spoilt_body(random: Random, request: RawRequest) -> None:
    spoilt = bytearray(request.body or b"{}")
    for _ in range(random.choice((1, 1, 8))):
        spoilt[random.randrange(len(spoilt))] = random.randrange(256)
    request.body = bytes(spoilt)


def _large_body(random: Random, request: RawRequest) -> None:
    if random.random() < 0.1:
        request.body = b'{"notes": "' + b"x" * random.choice((1_000_000, LARGE_BYTES - 20, LARGE_BYTES)) + b'"}'


_WAYS: tuple[Callable[[Random, RawRequest], None], ...] = (
    _other_method, _other_version, _odd_header, _odd_header, _odd_header, _without_header, _many_headers,
    _odd_target, _odd_target, _hostile_parameter, _odd_body, _spoilt_body, _large_body,
)  # fmt: skip
