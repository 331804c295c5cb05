"""Where the database is, as users say it; a password in it is shown nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.settings import ControllerSettings
from controller.store.place import describe, parse_place
from loadcell.settings import SettingsError, load

URL = "postgresql://ann:s%40same@db.example:5433/load?sslmode=require"


def test_paths_and_urls_of_files():
    assert parse_place("x.db") == Path("x.db")
    assert parse_place("sqlite:///b.db") == Path("b.db")
    assert parse_place("sqlite:////a/b.db") == Path("/a/b.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_urls_of_servers(scheme):
    place = parse_place(scheme + URL.removeprefix("postgresql"))
    assert (place.drivername, place.username, place.password) == ("postgresql+psycopg", "ann", "s@same")
    assert (place.host, place.port, place.database, place.query) == (
        "db.example",
        5433,
        "load",
        {"sslmode": "require"},
    )
    assert describe(place) == "postgresql://db.example:5433/load"


@pytest.mark.parametrize(
    "wrong",
    [
        "sqlite://",
        "sqlite://host/x",
        "mysql://u:sesame@h/d",
        "sesame/x://h",
        "postgresql://u:sesame@h",
        "postgresql://u:sesame@h:port/d",
        "postgresql://h/d?password=sesame",
        "postgresql+asyncpg://u:sesame@h/d",
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_it(wrong):
    with pytest.raises(SettingsError, match=r"LOADCELL_DATABASE_URL=\*\*\*: ") as refused:
        load(ControllerSettings, {"LOADCELL_DATABASE_URL": wrong})
    assert "sesame" not in str(refused.value)


def test_password_is_in_no_text_of_the_settings(tmp_path):
    file = tmp_path / "url"
    file.write_text(URL + "\n")
    settings = load(ControllerSettings, {"LOADCELL_DATABASE_URL_FILE": str(file)})
    assert settings.database == parse_place(URL)
    for shown in (repr(settings), str(settings.database), repr(replace(settings).database)):
        assert "same" not in shown
