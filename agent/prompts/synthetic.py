"""Synthetic prompts: a head of words that no other request of the run has, and a tail from a small pool.

The head makes prompts differ from their first words on, so no server finds a cached prefix; since a prefix cache
needs the head to be equal, the tails may repeat, which makes a prompt cost a few microseconds at any length.
"""

from __future__ import annotations

import random
from math import gcd

from agent.prompts.errors import PromptError
from agent.prompts.vocabulary import Tokenizer, Vocabulary
from agent.prompts.words import WORDS
from agent.targets.prompt import Prompt

# Requests of one level and phase that are sure to have different heads.
_ORDINALS = 1 << 34
_LEVELS = 1 << 10
_POOL_BYTES = 8 * 1024 * 1024
_POOL_TAILS = 64
_TOLERANCE = 0.02


class SyntheticPrompts:
    """Makes the prompts of one level: the same for the same (seed, level, warmup, ordinal).

    Args:
        vocabulary: Words of equal cost.
        tokens: Tokens of a prompt, at least 1.
        counted: Whether `tokens` is what a tokenizer counts; else the prompts do not claim a token count.
        seed: Seed of the run.
        level: Position of the level.
        output_len: Wanted completion length, tokens.
    """

    def __init__(
        self, vocabulary: Vocabulary, *, tokens: int, counted: bool, seed: int, level: int, output_len: int
    ) -> None:
        cost = vocabulary.cost
        length = max(1, tokens // cost)
        filler = vocabulary.fillers.get(tokens - length * cost, "")
        self._words = [word.encode() for word in vocabulary.words]
        self._tokens = tokens if counted else -1
        self._output_len = output_len
        self._head = self._head_words(length)
        self._space = len(self._words) ** self._head
        scramble = random.Random(f"heads {seed}")  # noqa: S311  not a secret
        self._offset = scramble.randrange(self._space)
        self._stride = _coprime(scramble, self._space)
        self._level = level % _LEVELS
        self._tails = self._make_tails(length - self._head, filler, random.Random(f"tails {seed}"))  # noqa: S311

    def __call__(self, ordinal: int, *, warmup: bool) -> tuple[Prompt, int]:
        """Return the prompt of a request and its wanted completion length."""
        number = (2 * self._level + warmup) * _ORDINALS + ordinal
        # A bijection on the heads: numbers in sequence land far apart, different numbers never together.
        rest = (number * self._stride + self._offset) % self._space
        words, base = self._words, len(self._words)
        head = []
        for _ in range(self._head):
            rest, digit = divmod(rest, base)
            head.append(words[digit])
        tail = self._tails[ordinal % len(self._tails)]
        return Prompt(
            text_json=b'"' + b" ".join(head) + tail, messages_json=None, tokens=self._tokens
        ), self._output_len

    def note(self, requests: int) -> str:
        """Return what a reader must know when the ordinals below `requests` have been sent, or nothing."""
        if requests * (self._level + 1) <= self._space:
            return ""
        return (
            f"there are only {self._space} different prompts of this length, so some were asked more than once: "
            "a server with a prefix cache answers those faster"
        )

    def _head_words(self, length: int) -> int:
        words = 1
        while words < length and len(self._words) ** words < 2 * _LEVELS * _ORDINALS:
            words += 1
        return words

    def _make_tails(self, length: int, filler: str, pick: random.Random) -> list[bytes]:
        size = sum(map(len, self._words)) // len(self._words) + 1
        count = min(_POOL_TAILS, max(1, _POOL_BYTES // (size * length + 1)))
        end = [filler.encode()] if filler else []
        return [b" ".join([b"", *pick.choices(self._words, k=length), *end]) + b'"' for _ in range(count)]


def by_words(
    *, input_len: int, output_len: int, words_per_token: float, seed: int, level: int
) -> SyntheticPrompts:
    """Return prompts of `input_len` tokens as far as words can tell.

    Args:
        input_len: Wanted prompt length, tokens.
        output_len: Wanted completion length, tokens.
        words_per_token: Words for each wanted token as measured by the probe; 0 counts as 1.
        seed: Seed of the run.
        level: Position of the level.
    """
    words = max(1, round(input_len * (words_per_token or 1)))
    return SyntheticPrompts(
        Vocabulary(WORDS), tokens=words, counted=False, seed=seed, level=level, output_len=output_len
    )


def by_tokenizer(
    tokenizer: Tokenizer, *, input_len: int, output_len: int, seed: int, level: int
) -> SyntheticPrompts:
    """Return prompts that have `input_len` tokens by a tokenizer.

    Raises:
        PromptError: the count is off by more than 2 %.
    """
    prompts = SyntheticPrompts(
        tokenizer.vocabulary(), tokens=input_len, counted=True, seed=seed, level=level, output_len=output_len
    )
    for ordinal in range(1 if input_len > 50_000 else 4):
        text = prompts(ordinal, warmup=True)[0].text_json
        found = tokenizer.count((text or b"").decode().strip('"'))
        if abs(found - input_len) > _TOLERANCE * input_len:
            raise PromptError(
                f"prompts of {input_len} tokens cannot be made with this tokenizer: they get {found} tokens"
            )
    return prompts


def _coprime(pick: random.Random, modulus: int) -> int:
    while True:
        stride = pick.randrange(modulus) or 1
        if gcd(stride, modulus) == 1:
            return stride
