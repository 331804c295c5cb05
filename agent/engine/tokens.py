"""How many tokens each event of a stream has carried."""

from __future__ import annotations

from itertools import accumulate

from agent.samples.outcome import TokenSource
from agent.targets.answer import Answer


def count_tokens(answer: Answer) -> tuple[int, TokenSource, list[int]]:
    """Return the tokens of the answer (-1: unknown), who counted them, and the tokens of each payload event.

    The server's usage counts first. Without it every payload event counts as one token. Reasoning tokens that the
    server counts but does not show were generated before the first event, so they belong to that one: otherwise
    the time per token after the first event would be divided by tokens of the time before it.
    """
    events = len(answer.times_ns)
    total = answer.completion_tokens
    if total <= 0:
        return (events, TokenSource.EVENTS, [1] * events) if events else (-1, TokenSource.NONE, [])
    if not events:
        return total, TokenSource.SERVER, []
    hidden = 0 if answer.reasoning_seen else min(max(answer.reasoning_tokens, 0), total)
    tokens = spread(total - hidden, answer.weights)
    tokens[0] += hidden
    return total, TokenSource.SERVER, tokens


def spread(total: int, weights: list[int]) -> list[int]:
    """Deal `total` tokens to events by the lengths of their texts (each > 0); the sum is exact.

    An event exists because at least one token was generated, so each gets one before the lengths decide about the
    rest: with one token per event, the usual case, lengths do not matter at all. With fewer tokens than events
    (a server that splits tokens) the lengths decide alone and some events get none; the first gets one.
    """
    events = len(weights)
    if total == events:
        return [1] * events
    whole = sum(weights)
    if total > events:
        extra = total - events
        ends = [(2 * reached * extra + whole) // (2 * whole) for reached in accumulate(weights)]
        return [1 + end - start for start, end in zip([0, *ends], ends, strict=False)]
    ends = [-(-reached * total // whole) for reached in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
