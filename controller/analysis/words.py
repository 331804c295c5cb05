"""The words of an analysis in each language: words_<code>.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from loadcell.errors import LoadcellError

DEFAULT: Final = "en"
CODES: Final = (DEFAULT, "ko")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one finding: a title, and sentences with the names of numbers in braces."""

    section: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        in_flight: A load of requests in flight, with {load} in it.
        per_second: A load of requests per second, likewise.
        tokens: A throughput in tokens, with {rate} in it.
        requests: A throughput in requests, likewise.
        recorded: What stands before a sentence that was recorded in English.
        severities: Words of the severities.
        headings: Headings of the sections, in the order in which they are written.
        findings: The words of every finding there is.
        persona: Who a language model is to be.
        task: What it is to write.
    """

    in_flight: str
    per_second: str
    tokens: str
    requests: str
    recorded: str
    severities: Mapping[str, str]
    headings: Mapping[str, str]
    findings: Mapping[str, Words]
    persona: str
    task: str


@cache
def language(code: str) -> Language:
    """Return a language by one of CODES."""
    read = tomllib.loads(resources.files("controller.analysis").joinpath(f"words_{code}.toml").read_text("utf-8"))
    sections, model = read.pop("sections"), read.pop("model")
    return Language(
        headings={name: section["heading"] for name, section in sections.items()},
        findings={
            finding: Words(name, words["title"], (*section.get("sentences", ()), *words.get("sentences", ())))
            for name, section in sections.items()
            for finding, words in section["findings"].items()
        },
        **read,
        **model,
    )


def checked_code(code: str) -> str:
    """Return the code of a language that is known, the default for none.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, there is no analysis in it.
    """
    if code and code not in CODES:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"language {code[:64]!r} must be one of {', '.join(CODES)}", field="language"
        )
    return code or DEFAULT
