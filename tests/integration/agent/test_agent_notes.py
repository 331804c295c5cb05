"""What a reader of the result must know is told with the end of a lease."""

import hashlib
import json
from contextlib import asynccontextmanager

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from tests.fakes.tcp_server import tcp_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n%s" % (
    len(EVENTS),
    EVENTS,
)


@pytest.fixture
def controller(shared_controller):
    return shared_controller


@asynccontextmanager
async def forgetful_server():
    """Keep connections alive, and close each as soon as its second request comes."""

    async def request(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        await reader.readexactly(length)

    async def accept(reader, writer):
        await request(reader)
        writer.write(ANSWER)
        await request(reader)

    async with tcp_server(accept) as port:
        yield f"http://127.0.0.1:{port}"


async def test_requests_sent_again_are_counted_in_a_note(controller, lease):
    async with forgetful_server() as url:
        # More than a second apart: such a connection may have been closed for being idle.
        await controller.begin(
            grant(url, lease, workers=1, rate=0.8, arrival=1, max_concurrency=1, request_count=3)
        )
        measured, _ = await controller.rows(lease)
        update = await controller.state(lease, "COMPLETED")
    assert [row.status for row in measured] == [1, 1, 1]
    assert "2 requests were sent again because the server had closed an idle connection" in update.notes
    by_ordinal = sorted(measured, key=lambda row: row.ordinal)
    assert all(row.connect_micros > 0 for row in by_ordinal[1:])
    assert all(
        row.start_offset_micros - row.scheduled_offset_micros >= row.connect_micros for row in by_ordinal[1:]
    )


async def test_M8_requests_that_a_server_drops_are_errors(controller, lease):
    async with forgetful_server() as url:
        await controller.begin(grant(url, lease, workers=1, concurrency=1, request_count=10))
        measured, _ = await controller.rows(lease)
        update = await controller.state(lease, "COMPLETED")
    by_ordinal = sorted(measured, key=lambda row: row.ordinal)
    assert [row.error_class for row in by_ordinal] == [0, 1] * 5
    assert not update.notes


async def test_M2_rows_of_a_dataset_that_repeat_are_told(controller, lease):
    rows = b"".join(b'{"prompt": "question %d"}\n' % n for n in range(30))
    digest = hashlib.sha256(rows).hexdigest()
    controller.assets[digest] = rows
    asked, notes = [], []
    async with serve(Behavior(), keep_bodies=True) as server:
        for level in range(3):
            plan = {"index": level, "concurrency": 2, "request_count": 12, "warmup_count": 3}
            load = grant(server.url, f"{lease}-level{level}", workload={"dataset_asset": digest}, **plan)
            await controller.begin(load)
            await controller.rows(f"{lease}-level{level}")
            asked.append({json.loads(body)["messages"][0]["content"] for body in server.bodies})
            server.bodies.clear()
            notes.append(list((await controller.state(f"{lease}-level{level}", "COMPLETED")).notes))
    assert [len(prompts) for prompts in asked] == [15, 15, 15]
    assert not asked[0] & asked[1]
    assert notes[:2] == [[], []]
    assert "some of the 30 rows of the dataset were asked more than once" in notes[2][0]
