"""The chat completions API: POST {base}/v1/chat/completions."""

from __future__ import annotations

from collections.abc import Mapping

from agent.targets import chunks
from agent.targets.answer import Answer
from agent.targets.endpoint import Endpoint
from agent.targets.prompt import Prompt
from agent.targets.sanitizer import MAX_CHARACTERS, Sanitizer, secrets_of
from agent.targets.template import RequestTemplate
from agent.targets.texts import MAX_CHARACTERS as MAX_TEXT
from agent.targets.texts import prompt_of


class OpenAI:
    """What the two OpenAI APIs have in common."""

    name: str
    path: str

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        model: str,
        stream: bool = True,
        api_key: str = "",
        headers: Mapping[str, str] | None = None,
        pin_output: bool = False,
        redact: bool = False,
    ) -> None:
        """Prepare requests.

        Args:
            endpoint: Where the server is.
            model: Model name as the server knows it.
            stream: Whether responses are streamed.
            api_key: Sent as "Authorization: Bearer" unless empty.
            headers: Extra headers; one named like a default replaces it.
            pin_output: Whether min_tokens and ignore_eos are sent, so that the server cannot stop early.
            redact: Whether marks are put in the place of personal data in texts and messages that samples bring.

        Raises:
            LoadcellError: A header or the key cannot be sent.
        """
        headers = headers or {}
        self.streaming = stream
        self._template = RequestTemplate(
            endpoint,
            self.path,
            model=model,
            stream=stream,
            api_key=api_key,
            headers=headers,
            pin_output=pin_output,
        )
        self._sanitizer = Sanitizer([api_key, *secrets_of(headers.values())], personal=redact)

    def read_events(self, answer: Answer, events: list[bytes], stamp_ns: int) -> None:
        """Fold events into the answer, see `Dialect`."""
        chunks.read_events(answer, events, stamp_ns)

    def read_body(self, answer: Answer, body: bytes) -> None:
        """Fold a whole body into the answer, see `Dialect`."""
        chunks.read_body(answer, body)

    def error_message(self, body: bytes) -> str:
        """Return the human part of an error body, see `Dialect`."""
        return chunks.error_message(body)

    def sanitize(self, text: str, limit: int = MAX_CHARACTERS) -> str:
        """Return the text fit for a result, see `Dialect`."""
        return self._sanitizer(text, limit)

    def texts(self, payload: bytes, spoken: bytes) -> tuple[str, str]:
        """Return prompt and completion, see `Dialect`."""
        texts = prompt_of(payload), spoken.decode("utf-8", "replace")
        prompt, completion = (self._sanitizer.beginning(text, MAX_TEXT) for text in texts)
        return prompt, completion


class ChatCompletions(OpenAI):
    """Prompts are messages; a text becomes one message of the user."""

    name = "openai"
    path = "chat/completions"

    def build(self, prompt: Prompt, max_tokens: int) -> bytes:
        """Return a complete request, see `Dialect`."""
        if prompt.text_json is None:
            member = b'"messages":' + (prompt.messages_json or b"[]")
        else:
            member = b'"messages":[{"role":"user","content":' + prompt.text_json + b"}]"
        return self._template.build(member, max_tokens)
