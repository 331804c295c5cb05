"""Counts the tokens of responses that the server has not counted, away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from agent.engine.tokens import spread
from agent.prompts.vocabulary import Tokenizer
from agent.samples.outcome import TokenSource
from agent.samples.sample import Sample, Uncounted

# What waits for the thread. A tokenizer reads some megabytes a second, and a level ends when all are counted.
MAX_WAITING_BYTES = 16 * 1024 * 1024
_MAX_REASON = 200


class TokenCounter:
    """Gives samples that bring their text their tokens, in one thread in which others run meanwhile.

    A sample that it cannot take or count keeps its tokens counted as events.

    Args:
        loop: The event loop, which alone changes samples.
        tokenizer: Counts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, tokenizer: Tokenizer) -> None:
        self._loop = loop
        self._tokenizer = tokenizer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="token-counter")
        self._waiting_bytes = 0
        self._refused = 0
        self._problem = ""

    def admit(self, sample: Sample) -> None:
        """Take the text out of a sample when too much waits already."""
        if sample.uncounted is None:
            return
        size = len(sample.uncounted.text)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            self._refused += 1
            sample.uncounted = None
        else:
            self._waiting_bytes += size

    async def count(self, samples: list[Sample]) -> None:
        """Count the admitted samples among these."""
        waiting = [(sample, sample.uncounted) for sample in samples if sample.uncounted is not None]
        if not waiting:
            return
        texts = [uncounted.text for _, uncounted in waiting]
        try:
            counts = await self._loop.run_in_executor(self._thread, self._count_texts, texts)
        except Exception as error:  # noqa: BLE001  told in a note; samples must arrive whatever a tokenizer does
            self._problem = f"{error}"[:_MAX_REASON]
            counts = [0] * len(texts)
        self._waiting_bytes -= sum(map(len, texts))
        for (sample, uncounted), count in zip(waiting, counts, strict=True):
            sample.uncounted = None
            if count > 0:
                _settle(sample, uncounted, count)

    def notes(self) -> Iterator[str]:
        """Yield what a reader must know."""
        if self._refused:
            yield f"the tokenizer was too slow for {self._refused} responses: their tokens are counted as events"
        if self._problem:
            yield f"the tokenizer could not count responses: {self._problem}"

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    def _count_texts(self, texts: list[bytes]) -> list[int]:
        return self._tokenizer.count_all([text.decode("utf-8", "replace") for text in texts])


def _settle(sample: Sample, uncounted: Uncounted, count: int) -> None:
    sample.completion_tokens = count
    sample.token_source = TokenSource.TOKENIZER
    if uncounted.weights:
        sample.event_tokens = spread(count, uncounted.weights)
