from pathlib import Path

import pytest

from agent.calibration import HostCalibration, store_calibration
from agent.settings import AgentSettings
from agent.spool.spool import Spool
from controller.exports.places import Folder
from controller.settings import ControllerSettings
from controller.store.migrate import open_database
from loadcell.cli.settings import CliSettings
from loadcell.data_dir import data_dir, default_database, make_private
from loadcell.settings import SettingsError, load
from loadcell.stack import Claim, find_or_claim


@pytest.mark.parametrize(
    ("wanted", "environ", "found"),
    [
        (Path("/a"), {"XDG_DATA_HOME": "/b"}, "/a"),
        (None, {"XDG_DATA_HOME": "/b"}, "/b/loadcell"),
        (None, {"XDG_DATA_HOME": "relative"}, "/home/me/.local/share/loadcell"),
        (None, {}, "/home/me/.local/share/loadcell"),
    ],
)
def test_the_data_directory(monkeypatch, wanted, environ, found):
    monkeypatch.setenv("HOME", "/home/me")
    assert data_dir(wanted, environ) == Path(found)
    assert default_database(data_dir(wanted, environ)) == Path(found) / "loadcell.db"


def test_what_is_made_is_for_this_user_alone_and_what_is_there_stays_as_it_is(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o755)
    for name in ("a/b/c", "a/b/c", "there/d", "there"):
        make_private(tmp_path / name)
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("there", "a", "a/b", "a/b/c", "there/d")}
    assert modes == {"there": 0o755, "a": 0o700, "a/b": 0o700, "a/b/c": 0o700, "there/d": 0o700}
    (tmp_path / "file").touch()
    for name in ("file", "file/a"):
        with pytest.raises(OSError, match="file"):
            make_private(tmp_path / name)


def made_by_a_command(directory: Path) -> None:
    claim = find_or_claim(directory, "sqlite:///x", any_database=False)
    assert isinstance(claim, Claim)
    claim.release()


async def made_by_a_controller(directory: Path) -> None:
    database = await open_database(default_database(directory))
    await database.close()


async def test_whoever_comes_first_makes_it_for_this_user_alone(tmp_path):
    made_by_a_command(tmp_path / "command")
    await made_by_a_controller(tmp_path / "controller")
    Spool(tmp_path / "agent" / "spool-a", 1).close()
    store_calibration(HostCalibration(1.0, 1.0, 1.0, 1.0, 1), tmp_path / "calibration")
    Folder(tmp_path / "exports" / "exports").put(*_a_file(tmp_path))
    for name in ("command", "controller", "agent", "calibration", "exports"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700, name


def _a_file(directory: Path) -> tuple[Path, str]:
    (directory / "part").touch()
    return directory / "part", "whole"


@pytest.mark.parametrize("settings", [AgentSettings, ControllerSettings, CliSettings])
def test_every_process_takes_the_same_variable(settings):
    assert load(settings, {"LOADCELL_DATA_DIR": "/data"}).data_dir == Path("/data")


def test_a_user_without_home_is_told_what_to_set(monkeypatch):
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingsError, match="LOADCELL_DATA_DIR"):
        data_dir(None, {})
