"""Keeps what a model thinks out of what it says. Pure: pieces of text in, pieces of an analysis out.

Some servers tell thoughts apart by themselves. Others send them in the text, up to `</think>`; the mark before
them is part of the prompt of some models, so that it never comes. Marks may be cut anywhere between two pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

OPENING, CLOSING = "<think>", "</think>"
Piece = bool | str
"""Whether the model thinks from here on, or what it says."""


class _State(Enum):
    BEGINNING = auto()  # nothing was said, or nothing but the start of a mark
    UNMARKED = auto()  # perhaps thoughts whose mark was in the prompt
    THINKING = auto()
    TOLD_APART = auto()  # thoughts that the server keeps out of the text
    ANSWERING = auto()


class Thoughts:
    """What a model says, piece by piece.

    Args:
        expected: Whether the model is known to think.
    """

    def __init__(self, *, expected: bool) -> None:
        self._expected = expected
        self._state = _State.BEGINNING
        self._held = ""  # not yet known to be said
        self._new = 0  # characters at the end of it that were not looked at
        self._told = False  # that it thinks
        self._apart = False  # nothing was said since

    def begin(self) -> Iterator[Piece]:
        """Yield what is known before the first piece."""
        if self._expected:
            yield from self._thinks()

    def thought(self) -> Iterator[Piece]:
        """Take notice of a thought that the server has told apart."""
        if self._state is _State.BEGINNING:
            self._state = _State.TOLD_APART
        if self._state is not _State.ANSWERING:
            yield from self._thinks()

    def said(self, text: str) -> Iterator[Piece]:
        """Yield what is said in a piece of text."""
        if self._state is _State.ANSWERING:
            yield from self._after_thoughts(text)
            return
        self._held += text
        self._new = len(text)
        if self._state is _State.TOLD_APART and text.strip():
            yield from self._answers("")
            yield from self._after_thoughts(text)
        if self._state is _State.BEGINNING:
            yield from self._look_at_the_beginning()
        if self._state in (_State.THINKING, _State.UNMARKED):
            yield from self._look_for_the_end()

    def end(self) -> Iterator[Piece]:
        """Yield what was held back: of a model that never thought it is all that was said."""
        said = "" if self._state in (_State.THINKING, _State.TOLD_APART) else self._held
        yield from self._answers(said)

    def _look_at_the_beginning(self) -> Iterator[Piece]:
        begun = self._held.lstrip()
        if begun.startswith(OPENING):
            self._state = _State.THINKING
            yield from self._thinks()
        elif not OPENING.startswith(begun):
            if self._expected:
                self._state = _State.UNMARKED
            else:
                yield from self._answers(self._held)

    def _look_for_the_end(self) -> Iterator[Piece]:
        end = self._held.find(CLOSING, max(0, len(self._held) - self._new - len(CLOSING)))
        if end >= 0:
            said = self._held[end + len(CLOSING) :]
            yield from self._answers("")
            yield from self._after_thoughts(said)
        elif self._state is _State.THINKING:
            self._held = self._held[-len(CLOSING) :]

    def _thinks(self) -> Iterator[Piece]:
        if not self._told:
            self._told = True
            yield True

    def _answers(self, said: str) -> Iterator[Piece]:
        self._held = ""
        if self._state is not _State.ANSWERING:
            self._state = _State.ANSWERING
            if self._told:
                self._apart = True
                yield False
        if said:
            yield said

    def _after_thoughts(self, text: str) -> Iterator[Piece]:
        """Yield text without the space between it and the thoughts."""
        said = text.lstrip() if self._apart else text
        if said:
            self._apart = False
            yield said
