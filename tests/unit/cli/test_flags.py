from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from loadcell.cli.app import app
from loadcell.cli.failure import CommandError, flag_of, from_error
from loadcell.cli.flags import (
    check_seconds,
    parse_agents,
    parse_concurrency,
    parse_goodput,
    parse_labels,
    parse_output,
    parse_rate,
    parse_server,
)
from loadcell.cli.output_file import check_writable
from loadcell.client import Client
from loadcell.errors import LoadcellError


@pytest.mark.parametrize(
    ("text", "count", "labels"),
    [
        ("3", 3, {}),
        (" 10000 ", 10000, {}),
        ("count=2", 2, {}),
        ("region=eu", None, {"region": "eu"}),
        ("region=eu, zone=a ,count=3", 3, {"region": "eu", "zone": "a"}),
        ("count=3,discount=5,note=x=y,empty=", 3, {"discount": "5", "note": "x=y", "empty": ""}),
    ],
)
def test_agents_are_a_number_or_labels(text: str, count: int | None, labels: dict[str, str]):
    assert parse_agents(text) == (count, labels)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "an entry is empty"),
        ("region=eu,", "an entry is empty; write for example --agents 3 or --agents region=eu,count=3"),
        ("0", "'0' is not a whole number from 1 to 10000"),
        ("-1", "'-1' is not a whole number"),
        ("9" * 5000, "is not a whole number"),
        ("count=0", "'0' is not a whole number from 1 to 10000"),
        ("count=", "'' is not a whole number"),
        ("count=many", "'many' is not a whole number"),
        ("count=10001", "'10001' is not a whole number from 1 to 10000"),
        ("count=1,count=1", "'count' is given twice"),
        ("region=eu,region=us", "'region' is given twice"),
        ("region", "'region' is not of the form key=value"),
        ("region:eu", "'region:eu' is not of the form key=value; write region=eu"),
        ("3,region=eu", "'3' is not of the form key=value; write count=3"),
        ("=eu", "'=eu' is not of the form key=value"),
        ("region=eu,Count=3", "'Count' is no label to ask for; write count=3"),
        ("agents=3", "'agents' is no label to ask for; write count=3"),
    ],
)
def test_mistakes_in_agents_are_named_with_what_was_meant(text: str, complaint: str):
    with pytest.raises(CommandError) as caught:
        parse_agents(text)
    assert caught.value.message.startswith(f"--agents {text!r}: ")
    assert complaint in caught.value.message
    assert caught.value.exit_code == 2


@given(st.lists(st.integers(1, 100_000), min_size=1))
def test_concurrency_reads_what_it_was_given(levels: list[int]):
    assert parse_concurrency(", ".join(map(str, levels))) == levels


@pytest.mark.parametrize(
    "text", ["", "1,", ",1", "0", "-1", "1,0", "x", "1.5", "100001", "1,,2", "1 2", "+-5", "9" * 5000]
)
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


def test_a_label_is_given_once():
    with pytest.raises(CommandError, match="--label 'team=b': 'team' is given twice"):
        parse_labels(["team=a", "team=b"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0, 11.0])
def test_time_spans_outside_their_range_name_the_flag(value: float):
    check_seconds("--timeout", None, 1, 10)
    check_seconds("--timeout", 10, 1, 10)
    with pytest.raises(CommandError, match=r"--timeout .*must be from 1 to 10 seconds"):
        check_seconds("--timeout", value, 1, 10)


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path):
    check_writable(tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == []
    protected = tmp_path / "protected.json"
    protected.write_text("precious")
    check_writable(protected)
    protected.chmod(0o444)
    with pytest.raises(CommandError, match=r"protected\.json': the file is read-only"):
        check_writable(protected)
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(CommandError, match="not a file"):
        check_writable(tmp_path / "folder.json")
    with pytest.raises(CommandError, match="does not exist"):
        check_writable(tmp_path / "none" / "a.csv")
    with pytest.raises(CommandError, match="cannot be written"):  # /proc takes no files, not even from root
        check_writable(Path("/proc/a.json"))
    assert protected.read_text() == "precious"


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
    assert parse_output(None) is None
    assert parse_output(tmp_path / "a.JSON") == "json"
    assert parse_output(tmp_path / "a.csv") == "csv"
    assert parse_output(tmp_path / "a.xlsx") == "xlsx"
    with pytest.raises(CommandError, match=r"one of \.json, \.csv, \.xlsx, \.html"):
        parse_output(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("field", "flag"),
    [
        ("num_prompts", "--num-prompts"),
        ("goodput_thresholds.ttft_ms", "--goodput"),
        ("concurrency[2]", "--concurrency"),
        ("run_ids", "RUN_ID"),
        ("data", ""),
    ],
)
def test_fields_of_the_request_are_named_by_their_flags(field: str, flag: str):
    assert flag_of(field) == flag


def test_every_flag_that_an_error_names_exists():
    names = set(flags_below(typer.main.get_command(app)))
    for call in (Client.create_api_key, Client.rotate_api_key, Client.issue_token, Client.set_project):
        sent = {*signature(call).parameters} - {"self", "expires_in_seconds"}
        assert {flag_of(field) for field in sent} <= names | {"NAME", "KEY_ID"}, call
    sent = {*signature(Client.create_run).parameters} - {"self", "framework", "framework_config", "headers"}
    for field in sent - {"timeline", "validate_only"}:
        assert not flag_of(field) or flag_of(field) in names | {"URL"}, field


def flags_below(command: Any) -> Iterator[str]:
    for param in command.params:
        yield from param.opts
    for each in getattr(command, "commands", {}).values():
        yield from flags_below(each)


def test_a_wrong_token_to_revoke_is_not_the_key_of_the_caller():
    error = from_error(LoadcellError("INVALID_TOKEN", "the token cannot be read", field="token"))
    assert error.message == "TOKEN: the token cannot be read"


def test_who_has_no_key_is_told_where_the_first_one_comes_from():
    assert "docs/security.md" in from_error(LoadcellError("MISSING_AUTHORIZATION", "no")).message


def test_errors_of_the_key_say_where_it_is_set():
    for reason in ("MISSING_AUTHORIZATION", "INVALID_API_KEY"):
        assert "LOADCELL_API_KEY" in from_error(LoadcellError(reason, "no")).message


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
        ("CAPACITY_EXCEEDED", 1),
        ("INTERNAL_SERVER_ERROR", 1),
    ],
)
def test_reasons_have_exit_codes(reason: str, code: int):
    assert from_error(LoadcellError(reason, "two\nlines"), address="there").exit_code == code
    assert "\n" not in from_error(LoadcellError(reason, "two\nlines")).message
