"""What may pass by itself ends a service with another exit code than a wrong setting."""

from __future__ import annotations

import errno
import socket
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from controller.store.migrate import StoreAwayError, StoreError, _has_no_room, open_database
from controller.store.place import parse_place
from loadcell.config import places
from loadcell.exit_codes import TRY_AGAIN, WRONG_SETTINGS, exit_code, give_up, passes
from loadcell.settings import Address, NotNowError, SettingsError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), WRONG_SETTINGS),
        (StoreError("x"), WRONG_SETTINGS),
        (NotNowError("x"), TRY_AGAIN),
        (StoreAwayError("x"), TRY_AGAIN),
    ],
)
def test_exit_codes(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_whatever_a_setting_holds_one_line_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert give_up("agent", SettingsError("LOADCELL_CONTROLLER=x\ny:1: the host x\ny is not known")) == 2
    assert capsys.readouterr().err == "agent: LOADCELL_CONTROLLER=x y:1: the host x y is not known\n"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EADDRINUSE, "x"), True),
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EACCES, "x"), False),
        (socket.gaierror(socket.EAI_AGAIN, "x"), True),
        (socket.gaierror(socket.EAI_NONAME, "x"), False),
    ],
)
def test_what_passes(error: OSError, expected: bool) -> None:
    assert passes(error) is expected


def test_a_name_server_that_does_not_answer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(places.socket, "getaddrinfo", no_answer)
    for check in (places.check_known, places.check_free):
        with pytest.raises(NotNowError, match="LOADCELL_GRPC=a:1"):
            check("LOADCELL_GRPC", Address("a", 1))


async def test_a_database_that_is_not_there_yet_passes() -> None:
    with pytest.raises(StoreAwayError, match="Connection refused"):
        await open_database(parse_place("postgresql://u:p@127.0.0.1:1/db"))


def test_a_database_without_room_passes() -> None:
    # As a server says of too many connections and of a full disk, and as SQLite does.
    for kind, code in (("sqlstate", "53300"), ("sqlstate", "53100"), ("sqlite_errorcode", sqlite3.SQLITE_FULL)):
        cause = Exception("no room")
        setattr(cause, kind, code)
        assert _has_no_room(OperationalError("x", None, cause))
    assert not _has_no_room(OperationalError("x", None, Exception("wrong password")))
