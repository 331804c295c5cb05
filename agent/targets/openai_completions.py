"""The completions API: POST {base}/v1/completions."""

from __future__ import annotations

from agent.targets.openai import OpenAI
from agent.targets.prompt import Prompt
from loadcell.errors import LoadcellError


class Completions(OpenAI):
    """Prompts are texts."""

    name = "openai-completions"
    path = "completions"

    def build(self, prompt: Prompt, max_tokens: int) -> bytes:
        """Return a complete request, see `Dialect`. Raises LoadcellError for a prompt made of messages."""
        if prompt.text_json is None:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                "adapter openai-completions takes texts, but the prompt is a list of chat messages; "
                "use adapter openai",
                field="adapter",
            )
        return self._template.build(b'"prompt":' + prompt.text_json, max_tokens)
