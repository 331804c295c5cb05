"""Dialects by the name a user gives them."""

from __future__ import annotations

from collections.abc import Mapping

from agent.targets.dialect import Dialect
from agent.targets.endpoint import Endpoint
from agent.targets.openai import ChatCompletions
from agent.targets.openai_completions import Completions
from loadcell.errors import LoadcellError

DIALECTS: dict[str, type[ChatCompletions | Completions]] = {d.name: d for d in (ChatCompletions, Completions)}


def create(
    adapter: str,
    endpoint: Endpoint,
    *,
    model: str,
    stream: bool = True,
    api_key: str = "",
    headers: Mapping[str, str] | None = None,
    pin_output: bool = False,
    redact: bool = False,
) -> Dialect:
    """Return the dialect of this name.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE: there is none of this name (the message lists the names), or a header
            or the key cannot be sent.
    """
    if adapter not in DIALECTS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"adapter must be one of {', '.join(sorted(DIALECTS))}, not {adapter!r}",
            field="adapter",
        )
    return DIALECTS[adapter](
        endpoint,
        model=model,
        stream=stream,
        api_key=api_key,
        headers=headers,
        pin_output=pin_output,
        redact=redact,
    )
