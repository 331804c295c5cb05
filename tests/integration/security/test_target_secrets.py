"""What a target must be told: stored sealed, or in memory only, and never seen anywhere."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller.settings import ControllerSettings
from controller.target import TargetSecrets
from controller.vault import Vault
from loadcell.channel import dial
from loadcell.settings import Secret, SettingsError, load
from loadcell.v1 import run_pb2, run_pb2_grpc
from tests.integration.controller.controller_process import ended, held, killed_in_mid_level, process, started
from tests.integration.controller.scripted_agent import ScriptedAgent

KEY, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
API_KEY, HEADER = "sk-very-secret", "header-very-secret"
SECRETS = {"api_key": API_KEY, "headers": {"x-team": HEADER}}


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/grpc.sock"


def stored(folder: Path) -> list[bytes | None]:
    with closing(sqlite3.connect(folder / "loadcell.db")) as database:
        return [row[0] for row in database.execute("SELECT secrets FROM benchmark_runs")]


def nowhere(folder: Path, *texts: str) -> None:
    """No file of the database, its log included, and none of the texts holds a secret."""
    files = [file.read_bytes() for file in folder.glob("loadcell.db*")]
    assert files
    for secret in (API_KEY, HEADER):
        assert not any(secret.encode() in content for content in [*files, *(text.encode() for text in texts)])


async def go_on(tmp_path: Path, address: str, key: str, *, before: str) -> tuple[run_pb2.Run, list, list[str]]:
    """Kill a controller in the first level of a run, start one with `key`: the run, its later grants, the log."""
    setting = {"LOADCELL_SECRET_KEY": before} if before else {}
    async with killed_in_mid_level(tmp_path, address, setting, **SECRETS) as (run_id, lease, grants):
        assert [bool(sealed) for sealed in stored(tmp_path)] == [bool(before)]
        nowhere(tmp_path)
        async with (
            process(tmp_path, address, **({"LOADCELL_SECRET_KEY": key} if key else {})) as (running, lines),
            dial(address) as channel,
        ):
            await started(running, lines)
            async with ScriptedAgent.connected(address, "agent-1", held=[held(lease)]) as agent:
                agent.grants.update(grants)
                await agent.finish(lease, await agent.deliver(lease))
                runs = run_pb2_grpc.RunServiceStub(channel)
                run = await ended(runs, run_id)
                request = run_pb2.GetRunResultRequest(run_id=run_id, partial=True)
                result = (await runs.GetRunResult(request)).result
                assert result.results[0].total_requests == 40
                seconds = [grant for name, grant in agent.grants.items() if name.startswith(f"{run_id}.1.")]
        assert stored(tmp_path) == [None]
        nowhere(tmp_path, str(run), str(result), *lines)
        return run, seconds, lines


async def test_a_run_goes_on_with_its_secrets_after_the_death_of_its_controller(tmp_path, address):
    run, grants, _ = await go_on(tmp_path, address, KEY, before=KEY)
    assert (run.status, run.error) == ("completed", "")
    assert [(grant.target.api_key, dict(grant.target.headers)) for grant in grants] == [
        (API_KEY, {"x-team": HEADER})
    ]


@pytest.mark.parametrize(("before", "after"), [(KEY, OTHER), (KEY, ""), ("", KEY)])
async def test_a_run_whose_secrets_cannot_be_had_fails_and_says_why(tmp_path, address, before, after):
    run, grants, lines = await go_on(tmp_path, address, after, before=before)
    assert run.status == "failed"
    assert "without LOADCELL_SECRET_KEY they are kept in memory only" in run.error
    assert "with another key than before they cannot be read" in run.error
    assert grants == []
    assert any("target_secrets_not_opened" in line for line in lines) == (before == KEY and after == OTHER)


@pytest.mark.parametrize("behaviour", [{}, {"lease_error": "no memory"}, {"complete": False}])
async def test_secrets_are_wiped_however_the_run_ends(start, tmp_path, behaviour):
    controller = await start(secret_key=Secret(KEY))
    run_id = await controller.create(**SECRETS)
    assert len(stored(tmp_path)[0]) > 12
    agent = await controller.agent(**behaviour)
    if behaviour == {"complete": False}:
        await agent.until(lambda: agent.starts)
        await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    await controller.ended(run_id)
    assert stored(tmp_path) == [None]


def test_sealed_secrets_open_for_their_run_and_under_their_key_alone():
    secrets = TargetSecrets(API_KEY, {"x-team": HEADER})
    vault = Vault(Secret(KEY))
    sealed = vault.seal("run-1", secrets)
    assert vault.open("run-1", sealed) == secrets
    assert sealed != vault.seal("run-1", secrets)
    assert API_KEY.encode() not in sealed
    assert vault.open("run-2", sealed) is None
    assert Vault(Secret(OTHER)).open("run-1", sealed) is None
    for place in range(len(sealed)):
        assert vault.open("run-1", sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]) is None
        assert vault.open("run-1", sealed[:place]) is None
    assert vault.seal("run-1", TargetSecrets()) is None
    assert Vault(Secret("")).seal("run-1", secrets) is None
    assert Vault(Secret("")).open("run-1", sealed) is None
    assert API_KEY not in repr(secrets)


@pytest.mark.parametrize("wrong", ["short", "A" * 43, base64.b64encode(bytes(31)).decode(), "ä" * 44, "!" * 44])
def test_a_key_that_is_none_stops_the_start_without_being_shown(wrong):
    with pytest.raises(
        SettingsError, match=r"LOADCELL_SECRET_KEY=.*: must be 32 random bytes in base64"
    ) as refused:
        load(ControllerSettings, {"LOADCELL_SECRET_KEY": wrong})
    assert wrong not in str(refused.value)


def test_the_key_may_be_in_a_file_and_is_not_shown(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    settings = load(ControllerSettings, {"LOADCELL_SECRET_KEY_FILE": str(file)})
    assert settings.secret_key == Secret(KEY)
    assert KEY not in repr(settings)
