"""Findings as text."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence

from controller.analysis.finding import INFO, Finding
from controller.analysis.words import Language

_PARSER = string.Formatter()


def title_of(finding: Finding, language: Language) -> str:
    """Return the title of a finding."""
    return language.findings[finding.code].title.format_map(_Shown(finding, language))


def sentences_of(finding: Finding, language: Language) -> list[str]:
    """Return the sentences of a finding whose numbers are all known, and what was recorded."""
    numbers = _Shown(finding, language)
    said = [text for text in language.findings[finding.code].sentences if names_in(text) <= finding.numbers.keys()]
    return [
        *(text.format_map(numbers) for text in said),
        *(f"{language.recorded} {detail}" for detail in finding.details),
    ]


def sections_of(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """Yield the sections of an analysis that have findings, in Markdown, each with an empty line at its end."""
    for section, heading in language.headings.items():
        own = [finding for finding in findings if language.findings[finding.code].section == section]
        if own:
            yield f"## {heading}\n\n" + "".join(_items(own, language)) + "\n"


def _items(findings: Iterable[Finding], language: Language) -> Iterator[str]:
    for finding in findings:
        mark = "" if finding.severity == INFO else f" ({language.severities[finding.severity]})"
        yield f"- **{title_of(finding, language)}**{mark}\n"
        yield from (f"  {sentence}\n" for sentence in sentences_of(finding, language))


def names_in(text: str) -> set[str]:
    """Return the names of the numbers in a sentence."""
    return {name for _, name, _, _ in _PARSER.parse(text) if name}


def shown(number: float) -> str:
    """Write a number so that it can be read: four digits, or all those before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


class _Shown(Mapping[str, str]):
    """The numbers of a finding as they are written."""

    def __init__(self, finding: Finding, language: Language) -> None:
        self._numbers = finding.numbers
        self._forms = {
            "load": language.per_second if finding.open_loop else language.in_flight,
            "throughput": language.tokens if finding.in_tokens else language.requests,
        }

    def __getitem__(self, name: str) -> str:
        text = shown(self._numbers[name])
        form = self._forms.get(name.partition("_")[0])
        return text if form is None else form.format(load=text, rate=text)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
