"""Settings are cast, validated and say which variable is wrong."""

import dataclasses

import pytest

from loadcell.settings import (
    Address,
    Secret,
    SettingsError,
    address,
    boolean,
    choice,
    describe,
    integer,
    labels,
    load,
    number,
    secret,
    setting,
    words,
)


@dataclasses.dataclass(frozen=True)
class Example:
    listen: Address = setting(Address("127.0.0.1", 1), parse=address, names=("X_LISTEN", "PORT"), doc="Where.")
    key: Secret = setting(Secret(""), parse=secret, names=("X_KEY", "API_KEY"), doc="Key.")
    count: int = setting(3, parse=integer(1, 9), names=("X_COUNT",), doc="How many.")


def test_defaults_hold_without_variables():
    assert load(Example, {}) == Example()


def test_the_documented_name_wins_over_its_alias():
    assert load(Example, {"X_KEY": "first", "API_KEY": "second"}).key.reveal() == "first"
    assert load(Example, {"API_KEY": "second"}).key.reveal() == "second"


@pytest.mark.parametrize("value", ["0", "10", "three", "1.5"])
def test_an_error_names_variable_and_value(value):
    with pytest.raises(SettingsError, match=f"X_COUNT='{value}'"):
        load(Example, {"X_COUNT": value})


def test_a_secret_is_read_from_a_file_and_never_shown(tmp_path):
    file = tmp_path / "key"
    file.write_text("canary-value\n")
    loaded = load(Example, {"X_KEY_FILE": str(file)})
    assert loaded.key.reveal() == "canary-value"
    assert "canary" not in f"{loaded!r} {loaded.key} {loaded.key!r}"


def test_a_secret_given_twice_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="both set"):
        load(Example, {"X_KEY": "a", "X_KEY_FILE": str(tmp_path)})


@pytest.mark.parametrize("name", ["X_KEY", "API_KEY"])
def test_a_secret_of_nothing_but_white_space_is_refused(name):
    with pytest.raises(SettingsError, match=rf"^{name}: holds nothing but white space"):
        load(Example, {name: " \t\n"})
    assert load(Example, {name: " k "}).key.reveal() == " k "
    assert not load(Example, {name: ""}).key


def test_an_empty_secret_file_is_refused(tmp_path):
    file = tmp_path / "key"
    file.write_text(" \n")
    with pytest.raises(SettingsError, match=r"^X_KEY_FILE=.*key: the file is empty"):
        load(Example, {"X_KEY_FILE": str(file)})


def test_an_unreadable_secret_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"X_KEY_FILE=.*missing"):
        load(Example, {"X_KEY_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("text", "loopback"),
    [("127.0.0.1:80", True), ("[::1]:80", True), ("unix:/tmp/s", True), ("0.0.0.0:80", False), ("h:80", False)],
)
def test_addresses_keep_their_text_and_know_their_reach(text, loopback):
    assert str(address(text)) == text
    assert address(text).is_loopback is loopback


@pytest.mark.parametrize(
    "text", ["", "host", ":80", "host:", "host:x", "host:70000", "unix:", "host:1:2", "::g:1"]
)
def test_malformed_addresses_are_refused(text):
    with pytest.raises(ValueError, match="must"):
        address(text)


def test_the_small_parsers():
    assert boolean("On") is True
    assert boolean("0") is False
    assert number(0, 1)("0.5") == 0.5
    assert choice("a", "b")("A") == "a"
    assert labels("region=eu, zone=1") == {"region": "eu", "zone": "1"}
    assert words("a, b,,c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (boolean, "maybe"),
        (number(0, 1), "2"),
        (number(0, 1), "x"),
        (choice("a"), "b"),
        (labels, "region"),
        (labels, "a=1,a=2"),
    ],
)
def test_the_small_parsers_refuse(parse, text):
    with pytest.raises(ValueError, match=r"must|form|twice"):
        parse(text)


def test_every_setting_can_be_described():
    assert [(info.names[0], default) for info, default in describe(Example)] == [
        ("X_LISTEN", Address("127.0.0.1", 1)),
        ("X_KEY", Secret("")),
        ("X_COUNT", 3),
    ]
