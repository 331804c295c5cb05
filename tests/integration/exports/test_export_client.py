"""Exports and events through the client."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from loadcell.client import Client
from loadcell.errors import LoadcellError


async def test_a_file_is_made_watched_and_fetched(start, filled, tmp_path):
    stored = await filled(tmp_path / "loadcell.db", 5)
    controller = await start(data_dir=tmp_path / "data")
    async with Client(controller.address) as client:
        async with aclosing(client.events(["export_job_status"])) as events:
            assert (await anext(events)).event_type == "subscribed"
            created = await client.create_export("csv", fields=["trace_id"], model="gpt-4o")
            async with asyncio.timeout(60):
                while (event := await anext(events)).export_job.status != "completed":
                    assert event.export_job.job_id == created.job_id
        job = await client.export_job(created.job_id)
        data = b"".join([piece async for piece in client.download_export(job.job_id)])
        lines = data.decode().split()
        assert lines[0] == "trace_id"
        assert sorted(lines[1:]) == sorted(t["trace_id"] for t in stored.all() if t["model"] == "gpt-4o")
        rest = b"".join([piece async for piece in client.download_export(job.job_id, offset=20)])
        assert rest == data[20:]
        assert [one.job_id async for one in client.export_jobs(status="completed")] == [job.job_id]
        with pytest.raises(LoadcellError) as refused:
            await client.cancel_export(job.job_id)
        assert refused.value.reason == "EXPORT_NOT_READY"
