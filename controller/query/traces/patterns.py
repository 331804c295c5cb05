r"""Regular expressions in a language that means the same on both engines and cannot be made to run for ever.

The language: literal characters, `.`, `[a-z]`, `(...)`, `(?:...)`, `|`, `* + ? {m,n}` (up to 255, lazy or not),
`^`, `$`, `\d \w \s \D \W \S \b \B` (of ASCII), `\n \r \t`, and a backslash before any punctuation. A dot matches
a line break; `^` and `$` are the ends of the whole text; the case of ASCII letters is ignored. There are no back
references and no looking ahead or behind: with them nothing bounds the time that a match takes.

RE2 decides for SQLite, in a time linear in the text. PostgreSQL's own engine is an automaton for this language,
too, and a time limit of the statement bounds what is left. `for_postgresql` translates the spellings that differ,
`_for_re2` the letters: of RE2's own accord, case is that of all scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, punctuation
from typing import Protocol

import re2

from loadcell.errors import LoadcellError

MAX_PATTERN = 512  # characters
MAX_REPEAT = 255  # PostgreSQL's bound
_MAX_MEMORY = 1 << 20  # bytes of a compiled pattern; repetitions of repetitions need far more

_TOKEN = re.compile(
    r"""(?P<escape>\\.)
    |(?P<bracket>\[\^?(?:-?(?:\\[dws]|(?:\\[^dws]|[^]\\[-])(?:-(?:\\[^dws]|[^]\\[-]))?)+-?|-)\])
    |(?P<repeat>[*+?]\??|\{(?P<low>\d{1,3})(?:,(?P<high>\d{1,3})?)?\}\??)
    |(?P<open>\((?:\?:)?)
    |(?P<anchor>[$^])
    |(?P<branch>\|)
    |(?P<close>\))
    |(?P<literal>[^\\\[\](){}*+?|^$])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_IN_BRACKETS = re.compile(r"\\.|[^\\]", re.DOTALL)
_CLASSES = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\f\r"}
_BOUNDARIES = {"b": r"\y", "B": r"\Y"}
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class _Compiled(Protocol):
    def search(self, text: bytes) -> object | None: ...


def matches(pattern: str, text: str) -> bool:
    """Tell whether a checked pattern matches anywhere in a text."""
    # Of bytes, `lower` means ASCII letters alone; of texts, translating takes thirty times as long as matching.
    return _compiled(pattern).search(text.encode().lower()) is not None


def check_pattern(pattern: str, where: str) -> str:
    """Return the pattern if both engines can run it; `where` names the place in the request for the error.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, it is too long, too large or not of the language.
    """
    if len(pattern) > MAX_PATTERN:
        raise _refused(f"it has more than {MAX_PATTERN} characters", where)
    try:
        for_postgresql(pattern)
        _compiled(pattern)
    except ValueError as error:
        raise _refused(str(error), where) from error
    except re2.error as error:
        raise _refused(error.args[0].decode(), where) from error
    return pattern


def for_postgresql(pattern: str) -> str:
    """Return the same pattern in the spelling of PostgreSQL, to be matched with `~*` under COLLATE "C".

    Raises:
        ValueError: it is not of the language.
    """
    parts: list[str] = []
    at = 0
    repeatable = False
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise ValueError(
                f"{pattern[at : at + 16]!r} at {at} is not allowed; write a backslash before punctuation"
            )
        kind, text = token.lastgroup, token.group()
        if token["repeat"] is not None:
            kind = "repeat"
            if not repeatable:
                raise ValueError(f"{text!r} at {at} repeats nothing")
            if max(int(token["low"] or 0), int(token["high"] or 0)) > MAX_REPEAT:
                raise ValueError(f"{text!r} at {at} repeats more than {MAX_REPEAT} times")
        parts.append(_translated(kind, text))
        repeatable = kind in {"bracket", "literal", "close"} or (kind == "escape" and text[1] not in _BOUNDARIES)
        at = token.end()
    return "".join(parts)


def _translated(kind: str | None, text: str) -> str:
    if kind == "escape":
        return _escape(text, in_brackets=False)
    if kind == "bracket":
        start = 2 if text[1] == "^" else 1
        inner = _IN_BRACKETS.findall(text[start:-1])
        return text[:start] + "".join(_escape(part, in_brackets=True) for part in inner) + "]"
    return text


def _escape(text: str, *, in_brackets: bool) -> str:
    """Return a part of a pattern, translated if it is an escape."""
    if text[0] != "\\":
        return text
    letter = text[1]
    if letter in _CLASSES:
        return _CLASSES[letter] if in_brackets else f"[{_CLASSES[letter]}]"
    if letter in _CONTROLS or (letter.isascii() and not letter.isalnum()):
        return text
    if not in_brackets and letter in _BOUNDARIES:
        return _BOUNDARIES[letter]
    if not in_brackets and letter.lower() in _CLASSES:
        return f"[^{_CLASSES[letter.lower()]}]"
    raise ValueError(f"{text!r} is not allowed{' in brackets' if in_brackets else ''}")


def _for_re2(pattern: str) -> str:
    """Return the same pattern, which is of the language, for texts without ASCII letters of upper case."""
    return "".join(_without_upper_case(token.lastgroup, token.group()) for token in _TOKEN.finditer(pattern))


def _without_upper_case(kind: str | None, text: str) -> str:
    if kind == "literal":
        return text.translate(_LOWER)
    if kind != "bracket":
        return text
    start = 2 if text[1] == "^" else 1
    return text[:start] + "".join(_lower_parts(_IN_BRACKETS.findall(text[start:-1]))) + "]"


def _lower_parts(parts: list[str]) -> Iterator[str]:
    """Yield the parts of a bracket with letters of lower case in the place of those of upper case."""
    at = 0
    while at < len(parts):
        last = at + 2 if parts[at + 1 : at + 2] == ["-"] and at + 2 < len(parts) else at
        if parts[at][0] == "\\" and parts[at][1] in _CLASSES:
            yield parts[at]
        else:
            low, high = _character(parts[at]), _character(parts[last])
            if low > high:
                raise ValueError(f"{low}-{high} in brackets ends before it begins")
            yield _range(low, min(high, "@"))
            yield _range(max(low, "A"), min(high, "Z")).translate(_LOWER)
            yield _range(max(low, "["), high)
        at = last + 1


def _range(low: str, high: str) -> str:
    """Return a range, which is nothing when it ends before it begins."""
    return "-".join("\\" + end if end in punctuation else end for end in (low, high)) if low <= high else ""


def _character(part: str) -> str:
    return part if part[0] != "\\" else _CONTROLS.get(part[1], part[1])


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> _Compiled:
    options = re2.Options()
    options.dot_nl = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    compiled: _Compiled = re2.compile(_for_re2(pattern), options)
    return compiled


def _refused(why: str, where: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_VALUE", f"the regular expression cannot be used: {why}", field=where)
