from pathlib import Path

import pytest

from agent.settings import AgentSettings
from controller.settings import ControllerSettings
from loadcell.cli.settings import CliSettings
from loadcell.data_dir import data_dir, default_database
from loadcell.settings import SettingsError, load


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


@pytest.mark.parametrize("settings", [AgentSettings, ControllerSettings, CliSettings])
def test_every_process_takes_the_same_variable(settings):
    assert load(settings, {"LOADCELL_DATA_DIR": "/data"}).data_dir == Path("/data")


def test_a_user_without_home_is_told_what_to_set(monkeypatch):
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingsError, match="LOADCELL_DATA_DIR"):
        data_dir(None, {})
