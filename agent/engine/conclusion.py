"""Which outcome a response is (measurement.md, section 2)."""

from __future__ import annotations

from agent.samples.outcome import ErrorClass, Failure
from agent.targets.answer import Answer


def failure_of_status(status: int, message: str) -> Failure | None:
    """Return why a response of this HTTP status is no answer, None for 2xx. Redirects are never followed."""
    text = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if 200 <= status < 300:
        return None
    if status == 429:
        return Failure(ErrorClass.HTTP_429, text)
    if 400 <= status < 500:
        return Failure(ErrorClass.HTTP_4XX, text)
    if 500 <= status < 600:
        return Failure(ErrorClass.HTTP_5XX, text)
    return Failure(ErrorClass.PROTOCOL, f"unexpected {text}")


def failure_of_answer(answer: Answer, cut: Failure | None) -> Failure | None:
    """Return why the answer of a 2xx response is a failure, None when it is none.

    `cut` says why the response did not come to its end by the rules of HTTP, None when it did.

    What the server itself says about an error explains more than how the response ended, so it goes first. A
    stream is whole when its terminator was seen, however the connection ended after it. Some servers never send
    "[DONE]" (llama.cpp and TGI did not for long): a finish reason in a response that came to its end in good order
    says as much. A finish reason in a response that was cut does not: usage may have been lost with the rest.
    """
    if answer.error is not None:
        return Failure(ErrorClass.SERVER_ERROR_EVENT, answer.error)
    if answer.problem is not None:
        return Failure(ErrorClass.PROTOCOL, answer.problem)
    if not answer.terminated:
        if cut is not None:
            return cut
        if not answer.finish_reason:
            return Failure(ErrorClass.TRUNCATED, "the stream ended without [DONE] and without a finish reason")
    if not answer.has_payload:
        return Failure(ErrorClass.EMPTY, "the response is complete but carries no generated text")
    return None
