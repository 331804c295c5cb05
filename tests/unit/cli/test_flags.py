from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.cli.failure import CommandError, flag_of, from_error
from loadcell.cli.flags import (
    parse_concurrency,
    parse_goodput,
    parse_labels,
    parse_output,
    parse_rate,
    parse_server,
)
from loadcell.errors import LoadcellError


@given(st.lists(st.integers(1, 100_000), min_size=1))
def test_concurrency_reads_what_it_was_given(levels: list[int]):
    assert parse_concurrency(", ".join(map(str, levels))) == levels


@pytest.mark.parametrize("text", ["", "1,", ",1", "0", "-1", "1,0", "x", "1.5", "100001", "1,,2", "1 2"])
def test_concurrency_errors_name_flag_and_value(text: str):
    with pytest.raises(CommandError) as caught:
        parse_concurrency(text)
    assert "--concurrency" in caught.value.message
    assert repr(text) in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "0", "-3", "nan", "inf", "1e9", "x", "5,"])
def test_rate_errors_name_flag_and_value(text: str):
    with pytest.raises(CommandError, match="--rate") as caught:
        parse_rate(text)
    assert repr(text) in caught.value.message


def test_rate_reads_fractions():
    assert parse_rate("0.5,200") == [0.5, 200.0]


def test_goodput_reads_every_objective():
    assert parse_goodput("ttft:500, TPOT:50,e2e:3000") == {"ttft_ms": 500.0, "tpot_ms": 50.0, "e2e_ms": 3000.0}


@pytest.mark.parametrize("text", ["", "ttft", "ttft:", "ttft:0", "ttft:-1", "foo:3", "ttft:1,ttft:2", "e2e:nan"])
def test_goodput_errors_name_flag_and_value(text: str):
    with pytest.raises(CommandError, match="--goodput") as caught:
        parse_goodput(text)
    assert repr(text) in caught.value.message


def test_labels_keep_equal_signs_in_values():
    assert parse_labels(["team=a", "query=x=y", "empty="]) == {"team": "a", "query": "x=y", "empty": ""}


@pytest.mark.parametrize("text", ["team", "=a", ""])
def test_label_errors_name_flag_and_value(text: str):
    with pytest.raises(CommandError, match="--label"):
        parse_labels([text])


def test_urls_that_cannot_be_used_are_refused():
    with pytest.raises(CommandError, match="no scheme") as caught:
        parse_server("localhost:8000", None)
    assert "'localhost:8000'" in caught.value.message


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(CommandError, match="user or password") as caught:
        parse_server("http://me:hunter2@host", None)
    assert "hunter2" not in caught.value.message


def test_the_server_is_given_in_either_way_but_once():
    assert parse_server("http://a", None) == parse_server(None, "http://a") == parse_server("http://a", "http://a")
    with pytest.raises(CommandError, match="two servers"):
        parse_server("http://a", "http://b")
    with pytest.raises(CommandError, match="no server"):
        parse_server(None, None)


def test_output_endings(tmp_path: Path):
    assert parse_output(None) == ""
    assert parse_output(tmp_path / "a.JSON") == "json"
    assert parse_output(tmp_path / "a.csv") == "csv"
    with pytest.raises(CommandError, match=r"\.json or \.csv"):
        parse_output(tmp_path / "a.txt")
    with pytest.raises(CommandError, match="does not exist"):
        parse_output(tmp_path / "none" / "a.csv")


@pytest.mark.parametrize(
    ("field", "flag"),
    [
        ("num_prompts", "--num-prompts"),
        ("goodput_thresholds.ttft_ms", "--goodput"),
        ("concurrency[2]", "--concurrency"),
    ],
)
def test_fields_of_the_request_are_named_by_their_flags(field: str, flag: str):
    assert flag_of(field) == flag


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("INVALID_FIELD_VALUE", 2),
        ("MALFORMED_DATASET", 2),
        ("RUN_NOT_FOUND", 2),
        ("INVALID_API_KEY", 2),
        ("SERVICE_UNAVAILABLE", 4),
        ("TARGET_UNREACHABLE", 1),
        ("NO_AGENTS_READY", 1),
        ("INTERNAL_SERVER_ERROR", 1),
    ],
)
def test_reasons_have_exit_codes(reason: str, code: int):
    assert from_error(LoadcellError(reason, "two\nlines"), address="there").exit_code == code
    assert "\n" not in from_error(LoadcellError(reason, "two\nlines")).message
