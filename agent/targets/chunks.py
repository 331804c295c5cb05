"""Reads OpenAI-style answers: the events of a stream and whole bodies.

Servers differ (vLLM, SGLang, llama.cpp, Ollama, LiteLLM, TGI), so every field may be missing or null and unknown
ones are skipped. Typed decoding skips what nobody asks for: about three times faster than dictionaries.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.targets.answer import MAX_COUNT, Answer

DONE = b"[DONE]"
_SNIPPET = 200


class _Delta(msgspec.Struct, gc=False):
    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Any = None
    function_call: Any = None
    refusal: str | None = None
    audio: Any = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None
    object: str | None = None
    message: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


def read_events(answer: Answer, events: list[bytes], stamps_ns: list[int]) -> None:
    """Fold the data of events into the answer, up to the terminator or the first event that makes no sense."""
    for data, stamp_ns in zip(events, stamps_ns, strict=True):
        if data == DONE:
            answer.terminated = True
        if answer.terminated or answer.error is not None or answer.problem is not None:
            return
        try:
            chunk = _decode(data)
        except msgspec.DecodeError as reason:
            if data.strip() == DONE:
                answer.terminated = True
            elif data.strip():
                answer.problem = f"an event of the stream is not a completion chunk ({reason}): {_snippet(data)}"
            continue
        spoken = thought = 0
        for choice in chunk.choices or ():
            if choice.finish_reason:
                answer.finish_reason = choice.finish_reason
            delta = choice.delta
            if delta is None:
                if choice.text:
                    spoken += len(choice.text)
            elif delta.content.__class__ is str and delta.content:
                spoken += len(delta.content)
            else:
                more_spoken, more_thought = _lengths(delta)
                spoken += more_spoken
                thought += more_thought
        if spoken or thought:
            answer.times_ns.append(stamp_ns)
            answer.weights.append(spoken + thought)
            answer.has_payload = True
            if thought:
                answer.reasoning_seen = True
            if spoken and answer.first_answer_ns < 0:
                answer.first_answer_ns = stamp_ns
        if chunk.usage is not None:
            _read_usage(answer, chunk.usage)
        if chunk.error is not None or (chunk.object == "error" and not chunk.choices):
            answer.error = _error_text(chunk)


def read_body(answer: Answer, body: bytes) -> None:
    """Fold a whole completion into the answer."""
    try:
        chunk = _decode(body)
    except msgspec.DecodeError as reason:
        answer.problem = f"the body is not a completion ({reason}): {_snippet(body)}"
        return
    if chunk.error is not None or (chunk.object == "error" and not chunk.choices):
        answer.error = _error_text(chunk)
        return
    answer.terminated = True
    for choice in chunk.choices or ():
        spoken, thought = _lengths(choice.message) if choice.message is not None else (len(choice.text or ""), 0)
        answer.has_payload |= bool(spoken or thought)
        answer.reasoning_seen |= bool(thought)
        answer.finish_reason = choice.finish_reason or answer.finish_reason
    if chunk.usage is not None:
        _read_usage(answer, chunk.usage)


def error_message(body: bytes) -> str:
    """Return the human part of an error body in any of the usual shapes, else the body as text."""
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        document = None
    if isinstance(document, dict):
        for key in ("error", "message", "detail"):
            if document.get(key):
                return _text(document[key])
    return body.decode("utf-8", "replace")


def _lengths(delta: _Delta) -> tuple[int, int]:
    """Return the lengths of what is answer and of what is reasoning."""
    spoken = len(delta.content or "") + len(delta.refusal or "")
    for part in (delta.tool_calls, delta.function_call, delta.audio):
        if part:
            spoken += len(msgspec.json.encode(part))
    return spoken, len(delta.reasoning_content or delta.reasoning or "")


def _read_usage(answer: Answer, usage: _Usage) -> None:
    """Keep the latest figures; some servers repeat a growing usage in every event."""
    completion, prompt = usage.completion_tokens_details, usage.prompt_tokens_details
    reasoning = completion.reasoning_tokens if completion is not None else None
    answer.prompt_tokens = _count(usage.prompt_tokens, answer.prompt_tokens)
    answer.completion_tokens = _count(usage.completion_tokens, answer.completion_tokens)
    answer.reasoning_tokens = _count(
        usage.reasoning_tokens if reasoning is None else reasoning, answer.reasoning_tokens
    )
    answer.cached_tokens = _count(prompt.cached_tokens if prompt is not None else None, answer.cached_tokens)


def _count(told: int | None, before: int) -> int:
    # A stranger's number must fit the 32 bits it is sent on with.
    return before if told is None or told < 0 else min(told, MAX_COUNT)


def _error_text(chunk: _Chunk) -> str:
    return _text(chunk.error or chunk.message) or "the server reported an error without a message"


def _text(error: Any) -> str:
    if isinstance(error, dict) and error.get("message"):
        error = error["message"]
    return error if isinstance(error, str) else msgspec.json.encode(error).decode() if error else ""


def _snippet(data: bytes) -> str:
    return data[:_SNIPPET].decode("utf-8", "replace")
