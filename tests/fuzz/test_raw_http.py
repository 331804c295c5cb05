"""Whatever bytes a gateway is sent, it answers that it was the fault of the sender, or not at all, and goes on."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass
from random import Random

import zstandard

from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from loadcell.errors import REASONS
from tests.fuzz.conftest import KEY
from tests.fuzz.raw_requests import RawRequest, RawRequests
from tests.fuzz.services import Service
from tests.fuzz.tries import AGAIN, SEED, tries
from tests.patience import PATIENCE_SECONDS

ASKED = 400  # requests, where nothing is said of the time
AT_ONCE = 20
MOST_MORE_BYTES = 256 * 1024 * 1024
AFTER = b"GET /alive HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: after\r\nConnection: close\r\n\r\n"
FINE = {200, 202, 204, 304}
REFUSED = {400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 416, 431, 501, 505}
OF_A_RUN = {"RUN_NOT_FINISHED": 202, "RUN_FAILED": 500}  # as documented
DECODERS = {"gzip": gzip.decompress, "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body)}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    is_head: bool

    def check(self) -> None:
        """Hold it against what every answer is."""
        told = (
            json.loads(self.body) if self.headers.get("content-type") == "application/json" and self.body else None
        )
        if isinstance(told, dict) and isinstance(told.get("error"), dict):
            reason = told["error"]["error_code"]
            assert told["error"]["code"] == REASONS[reason].number
            assert told["meta"]["request_id"] == self.headers["x-request-id"]
            assert self.status in REFUSED or OF_A_RUN.get(reason) == self.status
        else:
            assert self.status in FINE or (self.status in REFUSED and self.is_head)
        assert {"x-request-id", "x-content-type-options", "content-security-policy"} <= self.headers.keys()


async def test_nothing_that_is_sent_makes_a_gateway_fail(gateway: Service) -> None:
    random = Random(SEED)
    bindings = [one for one in read_bindings(SERVICES) if "graphql" not in one.template.documented]
    requests, before = RawRequests(random, bindings, KEY), 0
    for number in tries(ASKED // AT_ONCE):
        sent = [(requests.make(), random.random(), random.random()) for _ in range(AT_ONCE)]
        await asyncio.gather(*(_hold(gateway, *one) for one in sent))
        if number == ASKED // AT_ONCE // 2:
            before = gateway.resident_bytes()
    assert gateway.resident_bytes() - before < MOST_MORE_BYTES, AGAIN
    assert gateway.complaints() == [], AGAIN


async def _hold(gateway: Service, request: RawRequest, torn: float, at: float) -> None:
    """Send a request, and one more that must be answered too if the connection is still open."""
    whole, is_head = request.render(), request.method == b"HEAD"
    async with asyncio.timeout(PATIENCE_SECONDS):
        if torn < 0.1 or not request.is_whole:
            await _exchange(gateway, whole[: int(at * len(whole))] if torn < 0.1 else whole, is_head=is_head)
        else:
            answers = await _exchange(gateway, whole, AFTER, is_head=is_head)
            assert answers, (whole[:3_000], AGAIN)
            assert answers[-1].headers.get("connection") == "close", (whole[:3_000], AGAIN)


async def _exchange(gateway: Service, sent: bytes, after: bytes = b"", *, is_head: bool) -> list[Answer]:
    host, port = gateway.started["http"].rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(sent + after)
        if not after:
            writer.write_eof()
        answers = _split(await _read(reader), is_head=is_head)
        for answer in answers:
            answer.check()
    except Exception as error:
        error.add_note(f"{sent[:3_000]!r}\n{AGAIN}")
        raise
    finally:
        writer.transport.abort()
    return answers


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read to the end; a gateway that refuses a body does not read that to its end, and may be gone before."""
    told = b""
    try:
        while part := await reader.read(1 << 16):
            told += part
    except ConnectionError:
        pass
    return told


def _split(told: bytes, *, is_head: bool) -> list[Answer]:
    answers = []
    while told:
        head, _, told = told.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = line.split(" ")
        assert version == "HTTP/1.1"
        if status == "100":
            continue
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
        # What could not be read was no HEAD, either.
        of_head = is_head and not answers and not told.startswith(b"{")
        if of_head or int(status) in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body, told = _chunked(told)
        else:
            length = int(headers["content-length"])
            body, told = told[:length], told[length:]
            assert len(body) == length
            body = DECODERS.get(headers.get("content-encoding", ""), bytes)(body)
        answers.append(Answer(int(status), headers, body, of_head))
    return answers


def _chunked(told: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, told = told.partition(b"\r\n")
        length = int(size, 16)
        body, told = body + told[:length], told[length + 2 :]
        if not length:
            return body, told
