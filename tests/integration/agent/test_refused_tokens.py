"""Who counts the tokens of a response."""

import hashlib

import pytest
from fake_controller import grant

from agent.prompts.vocabulary import Tokenizer
from agent.samples.outcome import TokenSource
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.dialect import WORD
from loadcell.mockserver.server import serve
from loadcell.stats import timeline
from tests.fakes.small_tokenizer import write_tokenizer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SILENT = Behavior(usage=False, tokens_per_event=4, itl_ms=10, reasoning_tokens=8)


@pytest.fixture
def controller(shared_controller):
    return shared_controller


async def test_M5_a_tokenizer_counts_what_the_server_does_not(controller, lease, tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    controller.assets[digest] = file.read_bytes()
    workload = {"tokenizer_asset": digest, "input_len": 20, "output_len": 32}
    async with serve(SILENT) as server:
        await controller.begin(
            grant(server.url, lease, workers=1, workload=workload, concurrency=2, request_count=6)
        )
        measured, _ = await controller.rows(lease)
        update = await controller.state(lease, "COMPLETED")
    tokens = Tokenizer(file).count(WORD * 32)
    assert tokens > 32  # our tokenizer sees more than one in what the server calls a token
    assert len(measured) == 6
    for row in measured:
        assert (row.completion_tokens, row.token_source, row.event_count) == (tokens, TokenSource.TOKENIZER, 8)
        assert row.prompt_tokens == 20
        _, by_event = timeline.decode(row.timelines)
        assert by_event.sum() == tokens
        assert by_event.min() == tokens // 8
        paced = (row.e2e_micros - row.ttft_micros) / (tokens - by_event[0])
        assert abs(row.tpot_micros - paced) < 1
    assert not update.notes


async def test_without_tokenizer_and_usage_events_are_counted_and_nothing_is_made_up(controller, lease):
    async with serve(SILENT) as server:
        await controller.begin(
            grant(server.url, lease, workers=1, workload={"output_len": 32}, concurrency=1, request_count=2)
        )
        measured, _ = await controller.rows(lease)
    assert {(row.completion_tokens, row.token_source, row.prompt_tokens) for row in measured} == {
        (8, TokenSource.EVENTS, -1)
    }
