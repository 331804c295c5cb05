import asyncio

import pytest

from agent.prompts.vocabulary import Tokenizer
from agent.samples.outcome import TokenSource
from agent.samples.sample import Sample, Uncounted
from agent.worker import counting
from agent.worker.counting import TokenCounter
from tests.fakes.small_tokenizer import write_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"))


@pytest.fixture
async def counter(tokenizer):
    counter = TokenCounter(asyncio.get_running_loop(), tokenizer)
    yield counter
    counter.close()


def streamed(*texts):
    """A response of one event each, as the engine reports it when the server sends no usage."""
    return Sample(
        ordinal=0,
        warmup=False,
        scheduled_ns=0,
        start_ns=0,
        requested_tokens=9,
        completion_tokens=len(texts),
        token_source=TokenSource.EVENTS,
        event_times_ns=list(range(1, len(texts) + 1)),
        event_tokens=[1] * len(texts),
        uncounted=Uncounted("".join(texts).encode(), [len(text.encode()) for text in texts]),
    )


async def test_M5_tokens_the_server_has_not_counted_are_counted_by_the_tokenizer(counter, tokenizer):
    texts = ("the day has been", " good", " and we had a cup of tea \N{HOT BEVERAGE}")
    sample, counted = streamed(*texts), streamed("the")
    counted.uncounted, counted.token_source = None, TokenSource.SERVER
    for one in (sample, counted):
        counter.admit(one)
    await counter.count([counted, sample])
    assert sample.completion_tokens == tokenizer.count("".join(texts)) > 10
    assert sum(sample.event_tokens) == sample.completion_tokens
    assert sample.event_tokens[1] < sample.event_tokens[0] < sample.event_tokens[2]
    assert (sample.token_source, sample.uncounted) == (TokenSource.TOKENIZER, None)
    assert (counted.token_source, counted.event_tokens) == (TokenSource.SERVER, [1])
    assert list(counter.notes()) == []


async def test_a_response_that_was_not_streamed_is_counted_as_a_whole(counter, tokenizer):
    sample = streamed()
    sample.completion_tokens, sample.uncounted = -1, Uncounted(b"the day has been", [])
    counter.admit(sample)
    await counter.count([sample])
    assert (sample.completion_tokens, sample.event_tokens) == (tokenizer.count("the day has been"), [])


async def test_what_waits_for_the_tokenizer_is_bounded_and_told(counter, monkeypatch):
    monkeypatch.setattr(counting, "MAX_WAITING_BYTES", 7)
    first, second = streamed("the day"), streamed("the")
    counter.admit(first)
    counter.admit(second)
    await counter.count([first, second])
    assert (first.token_source, second.token_source) == (TokenSource.TOKENIZER, TokenSource.EVENTS)
    assert list(counter.notes()) == [
        "the tokenizer was too slow for 1 responses: their tokens are counted as events"
    ]
    third = streamed("the day")
    counter.admit(third)
    assert third.uncounted is not None


async def test_a_tokenizer_that_fails_leaves_events_and_says_why(tmp_path):
    from tokenizers import Tokenizer as Backend
    from tokenizers import models

    Backend(models.WordLevel({"the": 0}, unk_token="[UNK]")).save(str(tmp_path / "tokenizer.json"))
    counter = TokenCounter(asyncio.get_running_loop(), Tokenizer(tmp_path / "tokenizer.json"))
    sample = streamed("unheard", " of")
    counter.admit(sample)
    await counter.count([sample])
    counter.close()
    assert (sample.token_source, sample.event_tokens, sample.uncounted) == (TokenSource.EVENTS, [1, 1], None)
    assert [note.partition(": ")[0] for note in counter.notes()] == ["the tokenizer could not count responses"]
