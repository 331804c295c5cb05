"""The OpenAI dialect as the mock server speaks it: requests read, responses written, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from loadcell.mockserver.behavior import Behavior

CHAT_PATH = "/v1/chat/completions"
TEXT_PATH = "/v1/completions"
WORD = " load"
MAX_COMPLETION_TOKENS = 1_000_000


class RefusedError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        body: The error document.
    """

    def __init__(self, status: int, message: str, kind: str, code: str | None = None, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = error_body(message, kind, code, param)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a completion, understood.

    Attributes:
        chat: True for chat completions.
        model: The model asked for.
        stream: Whether server-sent events are wanted.
        include_usage: Whether the stream ends with a usage event.
        tokens: Completion length in tokens.
        finish_reason: "length" when the request set the length, else "stop".
        prompt_tokens: Length of the prompt.
    """

    chat: bool
    model: str
    stream: bool
    include_usage: bool
    tokens: int
    finish_reason: str
    prompt_tokens: int


def error_body(message: str, kind: str, code: str | None = None, param: str | None = None) -> bytes:
    """Return an error document as OpenAI writes it."""
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def models_body(models: tuple[str, ...]) -> bytes:
    """Return the list of models."""
    return orjson.dumps({"object": "list", "data": [_model(name) for name in models]})


def model_body(models: tuple[str, ...], name: str) -> bytes:
    """Return one model.

    Raises:
        RefusedError: 404, the model is not served.
    """
    _require_model(models, name)
    return orjson.dumps(_model(name))


def read_ask(behavior: Behavior, path: str, body: bytes) -> Ask:
    """Understand a request body.

    Raises:
        RefusedError: 400 for a malformed request, 404 for a model that is not served.
    """
    chat = path == CHAT_PATH
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"We could not parse the JSON body of your request: {error}") from error
    if not isinstance(document, dict):
        raise _invalid("The body of the request must be a JSON object.")
    model = document.get("model")
    if not isinstance(model, str) or not model:
        raise _invalid("you must provide a model parameter", "model")
    _require_model(behavior.models, model)
    field = "messages" if chat else "prompt"
    if not document.get(field):
        raise _invalid(f"Missing required parameter: '{field}'.", field)
    asked = document.get("max_completion_tokens") or document.get("max_tokens")
    if asked is None and document.get("max_tokens") == 0:
        asked = 0
    if asked is not None and (not isinstance(asked, int) or not 1 <= asked <= MAX_COMPLETION_TOKENS):
        raise _invalid(f"max_tokens must be between 1 and {MAX_COMPLETION_TOKENS}, not {asked!r}", "max_tokens")
    words = behavior.prompt_tokens
    options = document.get("stream_options")
    return Ask(
        chat=chat,
        model=model,
        stream=bool(document.get("stream")),
        include_usage=behavior.usage and isinstance(options, dict) and bool(options.get("include_usage")),
        tokens=asked or behavior.output_tokens,
        finish_reason="length" if asked else "stop",
        prompt_tokens=words if words >= 0 else _count_words(document[field]),
    )


def _count_words(prompt: Any) -> int:
    if isinstance(prompt, str):
        return len(prompt.split())
    if isinstance(prompt, list):
        return sum(_count_words(part) for part in prompt)
    if isinstance(prompt, dict):
        return _count_words(prompt.get("content", prompt.get("text", "")))
    return 1 if isinstance(prompt, int) else 0


def _require_model(models: tuple[str, ...], name: str) -> None:
    if name not in models:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise RefusedError(404, message, "invalid_request_error", "model_not_found", "model")


def _invalid(message: str, param: str | None = None) -> RefusedError:
    return RefusedError(400, message, "invalid_request_error", None, param)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "loadcell"}


class Completion:
    """The response to one ask, in pieces that can be sent one by one."""

    def __init__(self, behavior: Behavior, ask: Ask, ordinal: int, created: int, *, empty: bool) -> None:
        self._behavior = behavior
        self._ask = ask
        self._tokens = 0 if empty else ask.tokens
        self._reasoning = min(behavior.reasoning_tokens, self._tokens) if ask.chat else 0
        kind = ("chat.completion" if ask.chat else "text_completion") + (
            ".chunk" if ask.chat and ask.stream else ""
        )
        self._envelope = {
            "id": f"{'chatcmpl' if ask.chat else 'cmpl'}-{ordinal}",
            "object": kind,
            "created": created,
            "model": ask.model,
        }

    @property
    def model(self) -> str:
        """The model that answers."""
        return self._ask.model

    @property
    def tokens(self) -> int:
        """Length in tokens."""
        return self._tokens

    @property
    def finish_reason(self) -> str:
        """Why it ends."""
        return self._ask.finish_reason

    def event_sizes(self) -> Iterator[tuple[bool, int, int]]:
        """Yield runs of equal payload events: whether they are reasoning, tokens of each, how many."""
        size = self._behavior.tokens_per_event
        for reasoning, tokens in ((True, self._reasoning), (False, self._tokens - self._reasoning)):
            if tokens >= size:
                yield reasoning, size, tokens // size
            if tokens % size:
                yield reasoning, tokens % size, 1

    def opening(self) -> bytes:
        """Return the events that come before any token, or nothing."""
        if not (self._ask.chat and self._behavior.role_chunk):
            return b""
        return self._event({"delta": {"role": "assistant", "content": ""}}, None)

    def payload(self, *, reasoning: bool, tokens: int) -> bytes:
        """Return an event with so many tokens."""
        text = WORD * tokens
        if not self._ask.chat:
            return self._event({"text": text}, None)
        return self._event({"delta": {"reasoning_content" if reasoning else "content": text}}, None)

    def closing(self) -> bytes:
        """Return what ends a stream: the finish reason, usage when asked for, the terminator."""
        last: dict[str, Any] = {"delta": {}} if self._ask.chat else {"text": ""}
        events = self._event(last, self._ask.finish_reason)
        if self._ask.include_usage:
            events += _chunk(orjson.dumps({**self._envelope, "choices": [], "usage": self._usage()}))
        return events + _chunk(b"[DONE]")

    def failure(self) -> bytes:
        """Return the error event that ends a broken stream."""
        return _chunk(error_body("The engine died.", "server_error", "internal_error"))

    def document(self) -> bytes:
        """Return the whole response as one document, for requests that do not stream."""
        text = WORD * (self._tokens - self._reasoning)
        choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": self._ask.finish_reason}
        if self._ask.chat:
            choice["message"] = {"role": "assistant", "content": text}
            if self._reasoning:
                choice["message"]["reasoning_content"] = WORD * self._reasoning
        else:
            choice["text"] = text
        usage = {"usage": self._usage()} if self._behavior.usage else {}
        return orjson.dumps({**self._envelope, "choices": [choice], **usage})

    def _event(self, content: dict[str, Any], finish_reason: str | None) -> bytes:
        choice = {"index": 0, **content, "logprobs": None, "finish_reason": finish_reason}
        return _chunk(orjson.dumps({**self._envelope, "choices": [choice]}))

    def _usage(self) -> dict[str, Any]:
        usage: dict[str, Any] = {
            "prompt_tokens": self._ask.prompt_tokens,
            "completion_tokens": self._tokens,
            "total_tokens": self._ask.prompt_tokens + self._tokens,
        }
        if self._reasoning:
            usage["completion_tokens_details"] = {"reasoning_tokens": self._reasoning}
        return usage


def _chunk(data: bytes) -> bytes:
    """Wrap an event in SSE framing and one chunk of HTTP chunked coding."""
    return b"%x\r\ndata: %b\n\n\r\n" % (len(data) + 8, data)
