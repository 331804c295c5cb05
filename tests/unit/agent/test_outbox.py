"""When finished requests are sent on."""

from __future__ import annotations

import asyncio

from agent.samples.sample import Sample
from agent.worker.outbox import FLUSH_CHARACTERS, Outbox
from loadcell.v1 import sample_pb2


async def test_long_texts_make_small_batches():
    sent: list[bytes] = []
    outbox = Outbox(asyncio.get_running_loop(), start_ns=0, timeline=False, counter=None, send=sent.append)
    text = "\N{GRINNING FACE}" * 16_384  # as many bytes as a text can have
    for ordinal in range(20):
        outbox.add(
            Sample(ordinal, warmup=False, scheduled_ns=0, start_ns=0, requested_tokens=1, texts=(text, text))
        )
    await outbox.close()
    batches = [sample_pb2.SampleColumns.FromString(columns) for columns in sent]
    assert [ordinal for batch in batches for ordinal in batch.ordinal] == list(range(20))
    assert len(batches) == 20 * 2 * 16_384 // FLUSH_CHARACTERS + 1
    assert all(len(columns) < 2**20 + 2**18 for columns in sent)
