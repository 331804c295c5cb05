"""Findings in words, and the rules on any result there can be."""

from __future__ import annotations

import math

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.analysis.finding import CRITICAL, INFO, WARNING, Finding
from controller.analysis.rules import analyze
from controller.analysis.text import names_in, sections_of, sentences_of, shown, title_of
from controller.analysis.words import CODES, checked_code, language
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, sample_pb2
from tests.unit.controller.analysis.made_results import level, run, saturating


def test_every_language_has_the_same_findings_with_the_same_numbers() -> None:
    english, *others = (language(code) for code in CODES)
    assert list(english.severities) == [INFO, WARNING, CRITICAL]
    for other in others:
        assert list(other.headings) == list(english.headings)
        assert other.severities.keys() == english.severities.keys()
        for code, words in english.findings.items():
            texts = [
                {name for text in (one.title, *one.sentences) for name in names_in(text)}
                for one in (words, other.findings[code])
            ]
            assert texts[0] == texts[1], code
        assert other.findings.keys() == english.findings.keys()


def test_every_class_of_errors_has_a_meaning() -> None:
    classes = [name.removeprefix("ERROR_CLASS_") for name in sample_pb2.ErrorClass.DESCRIPTOR.values_by_name][1:]
    assert classes
    for name in classes:
        assert f"ERRORS_{name}" in language("en").findings


def test_an_analysis_reads_like_this() -> None:
    sections = list(sections_of(analyze(saturating()), language("en")))
    headings = [section.splitlines()[0] for section in sections]
    assert headings[0] == "## Overview"
    assert headings[-1] == "## Recommendation"
    text = "".join(sections)
    assert "- **The server is full at concurrency 16**\n  There it gives 1,400 tokens/s, " in text
    assert "- **Requests wait in a queue** (warning)\n" in text
    assert "goes from 50 to 3,400 ms" in text
    korean = "".join(sections_of(analyze(saturating()), language("ko")))
    assert "서버는 동시 요청 16개에서 가득 찹니다" in korean
    assert "1,400 tokens/s" in korean


def test_a_sentence_without_its_number_is_left_out() -> None:
    words = language("en")
    bare = Finding("ERRORS_HTTP_429", WARNING, {"count": 3.0, "percent": 1.0})
    assert title_of(bare, words) == "The server limits the rate (3)"
    assert [text.split()[0] for text in sentences_of(bare, words)] == ["That", "Status"]
    recorded = Finding("CLIENT_DEGRADED", WARNING, details=("An agent was late.",))
    assert sentences_of(recorded, words)[-1] == "Recorded: An agent was late."
    rate = Finding("RATE_KEPT", INFO, {"load": 12.5, "completed_rate": 12.4}, open_loop=True)
    assert sentences_of(rate, words)[0].startswith("At 12.5 requests/s it completed 12.4 requests/s.")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.001234, "0.001234"),
        (99.955, "99.95"),
        (999.96, "1000"),
        (1234.5, "1,234"),
        (-1e6, "-1,000,000"),
    ],
)
def test_numbers_can_be_read(number, text) -> None:
    assert shown(number) == text


def test_other_languages_are_refused() -> None:
    assert [checked_code(code) for code in ("", "en", "ko")] == ["en", "en", "ko"]
    for code in ("zh", "EN", "ko "):
        with pytest.raises(LoadcellError, match="must be one of en, ko") as refused:
            checked_code(code)
        assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", "language")


_FLOATS = st.one_of(st.floats(), st.floats(0, 1e6), st.sampled_from([0.0, 1.0, 1e-320, 1e308]))
_WORDS = st.sampled_from(
    ["", "clean", "degraded", "client_limited", "cancelled", "http_429", "connect", "unspecified", "Ω{x}"]
)
_SCALARS = {
    FieldDescriptor.TYPE_DOUBLE: _FLOATS,
    FieldDescriptor.TYPE_INT32: st.integers(-2, 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.one_of(st.integers(-2, 200), st.integers(-(2**63), 2**63 - 1)),
    FieldDescriptor.TYPE_STRING: _WORDS,
    FieldDescriptor.TYPE_BOOL: st.booleans(),
}
_READ = {"results", "agents", "verdict", "health", "ttft", "tpot", "e2e_latency", "goodput", "window"}
_READ |= {"throughput_tokens_per_sec_ci"}


@st.composite
def messages(draw, kind: type[Message]) -> Message:
    """Any message: each field is set or not, lists have up to three elements."""
    made = kind()
    for field in kind.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            if field.name == "errors":
                made.errors.update(draw(st.dictionaries(_WORDS, st.integers(-1, 2**63 - 1), max_size=3)))
        elif field.message_type is not None:
            if field.name not in _READ:
                continue
            inner = messages(
                type(getattr(made, field.name).add() if field.is_repeated else getattr(made, field.name))
            )
            made.ClearField(field.name)
            if field.is_repeated:
                getattr(made, field.name).extend(draw(st.lists(inner, max_size=3)))
            elif draw(st.booleans()):
                getattr(made, field.name).CopyFrom(draw(inner))
        elif field.type in _SCALARS and draw(st.booleans()):
            if field.is_repeated:
                getattr(made, field.name).extend(draw(st.lists(_SCALARS[field.type], max_size=2)))
            else:
                setattr(made, field.name, draw(_SCALARS[field.type]))
    return made


@settings(max_examples=40)
@given(messages(result_pb2.RunResult))
def test_no_result_is_beyond_the_rules(result) -> None:
    found = analyze(result)
    assert found
    for one in found:
        assert all(math.isfinite(number) for number in one.numbers.values()), one
        assert one.severity in {INFO, WARNING, CRITICAL}
    for code in CODES:
        text = "".join(sections_of(found, language(code)))
        assert text.count("- **") == len(found)


def test_levels_without_a_load_are_left_out() -> None:
    assert {one.code for one in analyze(run(level()))} == {"OVERVIEW", "CLIENT_CLEAN", "ERRORS_NONE"}
