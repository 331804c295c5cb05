"""The commands of docs/database.md, one after another, and those that look at settings."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "database.md"


@pytest.fixture
def loadcell(command_server, tmp_path):
    """Run `loadcell` with settings; return its exit status and what it said."""

    async def run(*arguments: str, **settings: object) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
        environment = {"LOADCELL_DATA_DIR": str(tmp_path / "data"), **{k: str(v) for k, v in settings.items()}}
        status, out, err = await command_server.run(arguments, {**kept, **environment})
        assert b"Traceback" not in err
        return status, (out + err).decode()

    return run


async def test_the_commands_of_the_page_work_in_their_order(loadcell, tmp_path):
    assert (await loadcell("db", "upgrade"))[0] == 0
    (block,) = re.findall(r"^```\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "loadcell"
        words = [str(tmp_path / word) if word.endswith(".backup") else word for word in arguments]
        status, said = await loadcell(*words)
        assert status == 0, said
    assert (tmp_path / "before-upgrade.backup").exists()


async def test_a_database_can_be_named_and_errors_are_one_line(loadcell, tmp_path):
    status, said = await loadcell("db", "check", "--db", str(tmp_path / "none.db"))
    assert (status, said) == (2, f"error: database {tmp_path}/none.db: there is no such file\n")


async def test_settings_are_shown_without_secrets_and_slips_are_found(loadcell, tmp_path):
    (tmp_path / "key").write_text("geheim-2\n")
    status, said = await loadcell(
        "config",
        "check",
        LOADCELL_API_KEY="geheim-1",
        LOADCELL_EXPORTER_KEY_FILE=tmp_path / "key",
        LOADCELL_HTTP="127.0.0.1:9090",
        LOADCELL_WORKRS=3,
    )
    assert status == 2
    assert "geheim" not in said
    assert re.search(rf"LOADCELL_EXPORTER_KEY_FILE +\*\*\* from {tmp_path}/key", said)
    assert "error: LOADCELL_HTTP and LOADCELL_EXPORTER are both 127.0.0.1:9090" in said
    assert "warning: LOADCELL_WORKRS is no setting of these services; is LOADCELL_WORKERS meant?" in said


async def test_one_service_is_asked_for_as_json(loadcell):
    status, said = await loadcell(
        "config", "check", "agent", "--json", LOADCELL_WORKERS="x", LOADCELL_LEASE_SECONDS=1
    )
    found = json.loads(said)
    (report,) = found["services"]
    assert (status, found["ok"], report["service"]) == (2, False, "agent")
    assert report["errors"] == ["LOADCELL_WORKERS='x': must be a whole number"]
    assert found["unknown"] == {}  # the other is the controller's
