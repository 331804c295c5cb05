"""A controller that is told to stop lets calls finish, and does not when it is told twice."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager

import grpc
import pytest

from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import event_pb2, event_pb2_grpc, run_pb2, run_pb2_grpc
from tests.free_ports import free_address
from tests.integration.controller.controller_process import process, started
from tests.patience import PATIENCE_SECONDS

KIND = run_pb2.ASSET_KIND_DATASET


@asynccontextmanager
async def stopping(folder):
    """A controller that has been told to stop in the middle of an upload; yields it and the upload."""
    address = free_address()
    async with (
        process(folder, address) as (running, lines),
        dial(address) as channel,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        await started(running, lines)
        runs = run_pb2_grpc.RunServiceStub(channel)
        upload = runs.UploadAsset()
        await upload.write(run_pb2.UploadAssetRequest(kind=KIND, filename="a.jsonl", data=b'{"prompt": "a"}\n'))
        events = event_pb2_grpc.EventServiceStub(channel).Subscribe(
            event_pb2.SubscribeRequest(events=["run_state"])
        )
        assert (await events.read()).event_type == "subscribed"
        running.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await events.read()
        assert from_rpc_error(ended.value).reason == "SERVICE_UNAVAILABLE"
        yield running, upload


async def test_an_upload_that_is_going_on_is_taken(tmp_path):
    async with stopping(tmp_path) as (running, upload):
        await upload.write(run_pb2.UploadAssetRequest(data=b'{"prompt": "b"}\n'))
        await upload.done_writing()
        assert len((await upload).sha256) == 64
        assert await running.wait() == 0


async def test_a_second_signal_ends_it_at_once(tmp_path):
    async with stopping(tmp_path) as (running, upload):
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == -signal.SIGTERM
        upload.cancel()
