"""Personal data in texts: found, and marks put in its place. Pure, and linear in the length of a text.

What is found is what can be told by its form: e-mail addresses, telephone numbers as people write them, numbers of
cards with a right check digit, social security numbers of the United States, and IP addresses. No pattern matches
the same characters in two ways, so none takes more than a bounded number of steps for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

MARK = "[redacted"
"""How every mark begins that stands in the place of something; that of a credential is "[redacted]"."""


class Kind(StrEnum):
    """What personal data there is; the value is in its mark."""

    EMAIL = "e-mail"
    PHONE = "phone"
    CARD = "card"
    SSN = "SSN"
    IP = "IP"


class Span(NamedTuple):
    """Where something was found: from `start` to below `end`."""

    start: int
    end: int
    kind: Kind


# Nothing that is found is longer, but for e-mail addresses that no server takes.
_LONGEST = 512
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++")
_SSN = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?!000|666)[0-9]{3}([ -])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?!-?[0-9])",
)
_PHONE = re.compile(
    r"""
    (?<![\w+])(?:\+|00)[1-9](?:[ ().\-/\u00a0]{0,3}[0-9]){6,13}(?![0-9])  # +49 (0) 30 1234567
    | (?<![\w.+-])(?:1[ .-])?(?:\([0-9]{3}\)[ ]?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?!-?[0-9])  # (212) 555-0123
    # 020 7946 0958
    | (?<![\w.+-])(?:\(0[1-9][0-9]{1,4}\)[ ]?|0[1-9][0-9]{1,4}[ /-])(?:[0-9][ -]?){4,9}[0-9](?![0-9])
    | (?<![\w.+-])0[1-9](?:[ .-][0-9]{2}){4}(?![0-9])  # 01 23 45 67 89
    """,
    re.VERBOSE,
)
_GROUPS = re.compile(r"(?<![0-9])[0-9]{3,}+(?:[ .\u00a0-][0-9]{3,}+)*+")
_GROUP = re.compile(r"[0-9]+")
_CARD_DIGITS = range(13, 20)
_CARD_GROUPS = _CARD_DIGITS[-1] // 3
_DOUBLED = str.maketrans("0123456789", "0246813579")
_IPV4 = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?[0-9])")
_WITH_COLONS = re.compile(r"(?<![0-9A-Fa-f:.])[0-9A-Fa-f.]*+:[0-9A-Fa-f:.]*+")
_LONGEST_IPV6 = 45
_WORD = re.compile(r"\w")
# Where numbers are: the patterns above are slow to find that they are not.
_NUMBERS = re.compile(r"[0-9+(][0-9 ().+\-/\u00a0]{6,}+")


def redact(text: str, limit: int, *, kinds: Iterable[Kind] = Kind) -> str:
    """Return the beginning of a text, at most `limit` characters, with marks in the place of personal data.

    What lies across the end is replaced as a whole, and the last mark is never cut: `is_redacted` tells.
    """
    window = text[: limit + _LONGEST]
    kept, end = "", 0
    for span in find_personal(window, kinds):
        if span.start >= limit:
            break
        kept += window[end : span.start]
        mark = f"{MARK} {span.kind}]"
        if len(kept) + len(mark) >= limit:
            return kept[: max(0, limit - len(mark))] + mark
        kept, end = kept + mark, span.end
    return (kept + window[end:limit])[:limit]


def is_redacted(text: str) -> bool:
    """Whether a text has a mark."""
    return MARK in text


def find_personal(text: str, kinds: Iterable[Kind] = Kind) -> list[Span]:
    """Return where personal data is in a text, from its beginning on; what overlaps is one span."""
    wanted = frozenset(kinds)
    spans: list[Span] = []
    for span in sorted(span for span in _all(text) if span.kind in wanted):
        if spans and span.start < spans[-1].end:
            spans[-1] = spans[-1]._replace(end=max(spans[-1].end, span.end))
        else:
            spans.append(span)
    return spans


def _all(text: str) -> Iterator[Span]:
    # Most texts have none of these characters, and looking for one is nearly for nothing.
    if "@" in text:
        yield from (Span(*match.span(), Kind.EMAIL) for match in _EMAIL.finditer(text))
    if ":" in text:
        yield from _ipv6(text)
    for numbers in _NUMBERS.finditer(text):
        place = numbers.span()
        yield from (Span(*match.span(), Kind.SSN) for match in _SSN.finditer(text, *place))
        yield from (Span(*match.span(), Kind.PHONE) for match in _PHONE.finditer(text, *place))
        yield from _cards(text, *place)
        yield from (
            Span(*match.span(), Kind.IP)
            for match in _IPV4.finditer(text, *place)
            if all(int(part) <= 255 for part in match[0].split("."))
        )


def _cards(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield what may be the number of a card: whole groups of digits that lie next to one another."""
    for run in _GROUPS.finditer(text, start, end):
        groups = [(*group.span(), _luhn(group[0])) for group in _GROUP.finditer(text, *run.span())]
        for place, (_, last, _) in enumerate(groups, 1):
            digits = total = 0
            for first, after, sums in reversed(groups[max(0, place - _CARD_GROUPS) : place]):
                total += sums[digits % 2]
                digits += after - first
                if digits in _CARD_DIGITS and total % 10 == 0:
                    yield Span(first, last, Kind.CARD)


def _luhn(digits: str) -> tuple[int, int]:
    """Return what digits add to the sum of ISO/IEC 7812-1 where an even, and where an odd number of others follow.

    The sum of a whole number ends in 0 if its last digit is the check digit.
    """
    ends, others = digits[::-2], digits[-2::-2]
    return (
        sum(map(int, ends)) + sum(map(int, others.translate(_DOUBLED))),
        sum(map(int, ends.translate(_DOUBLED))) + sum(map(int, others)),
    )


def _ipv6(text: str) -> Iterator[Span]:
    for run in _WITH_COLONS.finditer(text):
        start, end = run.span()
        if end - start > _LONGEST_IPV6 + 2:
            continue
        # Punctuation around an address: "ip:2001:db8::1." is one.
        while end > start and (text[end - 1] == "." or (text[end - 1] == ":" and text[end - 2 : end] != "::")):
            end -= 1
        if text[start] == ":" and text[start : start + 2] != "::":
            start += 1
        if _WORD.fullmatch(text, max(start - 1, 0), start) or _WORD.fullmatch(text, end, end + 1):
            continue  # the "d::" of std::vector
        try:
            address = IPv6Address(text[start:end])
        except AddressValueError:
            continue
        if int(address):  # "::" alone stands for many things
            yield Span(start, end, Kind.IP)
