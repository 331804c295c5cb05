"""What the engine needs to know about the language of a server."""

from __future__ import annotations

from typing import Protocol

from agent.targets.answer import Answer
from agent.targets.prompt import Prompt


class Dialect(Protocol):
    """Writes requests and reads answers. Holds no state of any request.

    Reading never raises, whatever a server sends: what cannot be understood becomes the `problem` of the answer.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def streaming(self) -> bool:
        """Whether responses are server-sent events."""

    def build(self, prompt: Prompt, max_tokens: int) -> bytes:
        """Return a complete HTTP/1.1 request.

        Raises:
            LoadcellError: The dialect cannot carry a prompt of this kind.
        """

    def read_events(self, answer: Answer, events: list[bytes], stamp_ns: int) -> None:
        """Fold events (their data, in order), received at `stamp_ns`, into the answer."""

    def read_body(self, answer: Answer, body: bytes) -> None:
        """Fold the whole body of a response that was not streamed into the answer."""

    def error_message(self, body: bytes) -> str:
        """Return the human part of an error body, unsanitized."""

    def sanitize(self, text: str, limit: int = ...) -> str:
        """Return the text bounded, printable and without the credentials of the target."""

    def texts(self, payload: bytes, spoken: bytes) -> tuple[str, str]:
        """Return the prompt of a request that was built here and what was spoken, bounded, without credentials."""
