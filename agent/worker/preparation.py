"""Turns a Prepare message into the objects that carry it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.prompts.dataset import DatasetPrompts
from agent.prompts.synthetic import by_tokenizer, by_words
from agent.prompts.vocabulary import Tokenizer
from agent.targets.dialect import Dialect
from agent.targets.prompt import Prompt
from agent.worker.messages import Prepare, Workload
from loadcell.pacing.shares import WorkerShare, worker_share


class PromptSource(Protocol):
    """Gives every ordinal its prompt and its wanted completion length in tokens."""

    def __call__(self, ordinal: int, *, warmup: bool) -> tuple[Prompt, int]:
        """Return both."""

    def note(self, requests: int) -> str:
        """Return what a reader must know when the ordinals below `requests` have been sent, or nothing."""


def share_of(prepare: Prepare) -> WorkerShare:
    """Return what this worker does of the level."""
    return worker_share(
        concurrency=prepare.level.concurrency,
        max_concurrency=prepare.level.max_concurrency,
        share=prepare.share,
        shares=prepare.shares,
        worker=prepare.worker,
        workers=prepare.workers,
    )


def load_tokenizer(workload: Workload) -> Tokenizer | None:
    """Return the tokenizer of a workload, None when it names none. Takes seconds.

    Raises:
        PromptError: it cannot be used.
    """
    return Tokenizer(Path(workload.tokenizer_path)) if workload.tokenizer_path else None


def prompt_source(
    workload: Workload,
    tokenizer: Tokenizer | None,
    *,
    level: int = 0,
    request_count: int = 0,
    warmup_count: int = 0,
) -> PromptSource:
    """Return the prompts of a level.

    Args:
        workload: What is asked.
        tokenizer: Its tokenizer.
        level: Position of the level.
        request_count: Measured requests of a level; 0 when it is bounded by time.
        warmup_count: Warm-up requests of a level.

    Raises:
        PromptError: the tokenizer or dataset cannot be used.
    """
    lengths = {"input_len": workload.input_len, "output_len": workload.output_len}
    seeds = {"seed": workload.seed, "level": level}
    if workload.dataset_path:
        return DatasetPrompts(
            Path(workload.dataset_path),
            output_len=workload.output_len,
            level=level,
            request_count=request_count,
            warmup_count=warmup_count,
        )
    if tokenizer is not None:
        return by_tokenizer(tokenizer, **lengths, **seeds)
    return by_words(words_per_token=workload.words_per_token, **lengths, **seeds)


def builder(prompts: PromptSource, dialect: Dialect, *, warmup: bool) -> Callable[[int], tuple[bytes, int, int]]:
    """Return what makes the request of an ordinal: (payload, requested tokens, prompt tokens)."""

    def build(ordinal: int) -> tuple[bytes, int, int]:
        prompt, output_len = prompts(ordinal, warmup=warmup)
        return dialect.build(prompt, output_len), output_len, prompt.tokens

    return build
