"""Regular expressions: a language with one meaning, and with no way to run for ever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.query.traces.patterns import MAX_PATTERN, check_pattern, for_postgresql, matches
from loadcell.errors import LoadcellError


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",  # back references and looking around have no bound in time
        "(?=a)b",
        "(?!a)b",
        "(?<=a)b",
        "((a{255}){255}){255}",  # too large
        "a{256}",
        "a{1,1000}",
        "(?i)a",  # options
        "(?P<name>a)",
        r"\p{L}",
        r"\Qa",
        r"\x41",
        r"[\D]",
        r"[\b]",
        "[[:alpha:]]",  # spelled in different ways by the engines
        "[]a]",
        "[a-c-e]",
        r"[\d-z]",
        "[z-a]",
        "[]",
        "a**",
        "*a",
        "^*",
        "a|*",
        r"\b+",
        "{",
        "a{,3}",
        "a{2,1}",
        "(",
        "a)",
        "[a",
        "\\",
        "***:a",
    ],
)
def test_W25_patterns_outside_the_language_are_refused(pattern):
    with pytest.raises(LoadcellError) as refused:
        check_pattern(pattern, "filter.value")
    assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", "filter.value")


def test_W25_length_is_bounded():
    assert check_pattern("a" * MAX_PATTERN, "f")
    with pytest.raises(LoadcellError):
        check_pattern("a" * (MAX_PATTERN + 1), "f")


def test_W25_what_is_catastrophic_elsewhere_ends():
    text = "a" * 100_000 + "!"
    for pattern in ("^(a+)+$", "^(a|a)*$", "^(.*a){20}$", "(a*)*b"):
        assert not matches(check_pattern(pattern, "f"), text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("TIMED? out", "request timed out", True),
        ("^out", "timed out", False),
        ("a.b", "a\nb", True),
        ("^b", "a\nb", False),
        (r"\bcat\b", "a cat.", True),
        (r"\bcat\b", "concat", False),
        (r"^[\w.-]+@[a-z]{2,3}?$", "a.b-c@de", True),
        (r"\$\{x\}", "${x}", True),
        ("é|ß", "caf\u00e9", True),
        ("(?:ab){2}", "xababx", True),
        (r"\D\S\W", "a !", False),
        ("", "anything", True),
        ("É", "caf\u00e9", False),  # of ASCII letters alone the case is ignored
        ("s|k", "\u017f \u212a", False),
        ("[^é]", "É", True),
        ("^[-a-c]+$", "-ABC", True),
        (r"^[X-c.\]]+$", "xZ[\\]^_`aCb.", True),
        (r"[\n]", "n", False),
    ],
)
def test_meanings(pattern, text, expected):
    assert matches(check_pattern(pattern, "f"), text) is expected


@pytest.mark.parametrize(
    ("pattern", "translated"),
    [
        (r"\bx\B", r"\yx\Y"),
        (r"\d\w\s", r"[0-9][a-zA-Z0-9_][ \t\n\f\r]"),
        (r"\D\W\S", r"[^0-9][^a-zA-Z0-9_][^ \t\n\f\r]"),
        (r"[^\w\]-]{2,}?", r"[^a-zA-Z0-9_\]-]{2,}?"),
        (r"(?:a|b)+\.\\d", r"(?:a|b)+\.\\d"),
    ],
)
def test_translations(pattern, translated):
    assert for_postgresql(pattern) == translated


PIECES = r"a b S . \d \w \s \W [a-c] [^b] [\d.] [-k] [^é-] [Z-b] [\.-B\d] ( (?: ) | * + ? {2} ^ $ \b \. \n é -"
pieces = st.sampled_from(PIECES.split())


@given(st.lists(pieces, max_size=8).map("".join), st.text(alphabet="abABskzZ1 .\néÉ-\u017f\u212a", max_size=8))
def test_whatever_is_accepted_means_what_python_takes_it_for(pattern, text):
    try:
        check_pattern(pattern, "f")
    except LoadcellError:
        return
    assert matches(pattern, text) == bool(
        re.search(_absolute(pattern), text, re.DOTALL | re.IGNORECASE | re.ASCII)
    )


def _absolute(pattern: str) -> str:
    """Python's $ matches before a last line break, too."""
    return pattern.replace("$", r"\Z")


@given(st.text(max_size=20))
def test_no_text_makes_it_fail_otherwise(pattern):
    try:
        checked = check_pattern(pattern, "f")
    except LoadcellError:
        return
    matches(checked, pattern)
    assert for_postgresql(checked) or not checked
