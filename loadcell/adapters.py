"""The names of the dialects that can be spoken to a target; the agents' registry has the same."""

from __future__ import annotations

ADAPTERS = ("openai", "openai-completions")
