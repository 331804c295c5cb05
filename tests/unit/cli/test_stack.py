"""Processes that we start: how they are found, how they end, and that none is left behind."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from loadcell.cli.failure import EXIT_RUN_FAILED, EXIT_USAGE, CommandError
from loadcell.cli.session import end_of_child, running
from loadcell.settings import Address
from loadcell.stack import (
    Child,
    ChildError,
    Claim,
    Owner,
    Stack,
    StackPlan,
    TakenError,
    check_free,
    find_or_claim,
    is_free,
    log_folder,
)
from loadcell.stack import claim as claims
from loadcell.stack.log_folder import LogFolder
from tests.patience import PATIENCE_SECONDS

MOCK = "loadcell.mockserver"


def started(log: Path) -> Child:
    child = Child("mock server", MOCK, {}, log, ["--port", "0"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while b"listening" not in log.read_bytes():
        child.check()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return child


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def gone(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def test_a_child_ends_when_it_is_asked_to(tmp_path: Path):
    child = started(tmp_path / "logs" / "mock.log")
    assert child.exit_code is None
    child.terminate()
    child.close(PATIENCE_SECONDS)
    assert child.exit_code == 0


def test_a_child_is_killed_with_its_group(tmp_path: Path):
    child = started(tmp_path / "mock.log")
    child.kill()
    assert child.exit_code == -signal.SIGKILL
    assert gone(child.pid)


def test_a_child_that_ends_early_says_its_last_line(tmp_path: Path):
    child = Child("mock server", MOCK, {}, tmp_path / "log", ["--jitter", "7"])
    child.close(PATIENCE_SECONDS)
    with pytest.raises(
        ChildError, match=r"the mock server ended with exit code 2: .*jitter must be between 0 and 1"
    ):
        child.check()


def test_the_last_line_is_not_a_log_event(tmp_path: Path):
    child = Child("mock server", MOCK, {}, tmp_path / "log", ["--jitter", "7"])
    child.close(PATIENCE_SECONDS)
    (tmp_path / "log").write_text('error: port taken\n{"event": "application_shutdown"}\n\n')
    assert child.epitaph() == "the mock server ended with exit code 2: port taken"


def test_the_last_line_is_not_the_end_of_a_log_event_that_is_cut(tmp_path: Path):
    child = Child("mock server", MOCK, {}, tmp_path / "log", ["--jitter", "7"])
    child.close(PATIENCE_SECONDS)
    event = '{"event": "call", "service": "loadcell"}\n'
    (tmp_path / "log").write_text(event * (20 * 1024 // len(event)))
    assert child.epitaph() == f"the mock server ended with exit code 2; its log is {tmp_path / 'log'}"


def test_a_log_is_emptied_at_the_start(tmp_path: Path):
    (tmp_path / "mock.log").write_text("old " * 1000)
    child = started(tmp_path / "mock.log")
    child.kill()
    assert b"old" not in (tmp_path / "mock.log").read_bytes()


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path):
    program = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from loadcell.stack import Child
        child = Child("mock server", {MOCK!r}, {{}}, Path({str(tmp_path / "log")!r}), ["--port", "0"])
        print(child.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "listening" not in (tmp_path / "log").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_a_folder_called_agent_in_the_users_directory_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "loadcell").mkdir()
    (tmp_path / "loadcell" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    monkeypatch.chdir(tmp_path)
    started(tmp_path / "log").kill()


def test_every_stack_has_log_files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_folder, "MAX_STACKS", 2)
    first, second = LogFolder(tmp_path / "logs"), LogFolder(tmp_path / "logs")
    assert (first.path, second.path) == (tmp_path / "logs", tmp_path / "logs" / "2")
    with pytest.raises(OSError, match="2 loadcell commands"):
        LogFolder(tmp_path / "logs")
    first.release()
    third = LogFolder(tmp_path / "logs")
    assert third.path == tmp_path / "logs"
    second.release()
    third.release()


def test_addresses_that_cannot_be_had_are_named():
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        place = Address("127.0.0.1", taken.getsockname()[1])
        free = Address("127.0.0.1", other.getsockname()[1])
        other.close()
        check_free({"--grpc": free, "--http": Address("", 0, "/a/socket")})
        with pytest.raises(TakenError, match=f"--http {place}: address already in use"):
            check_free({"--grpc": free, "--http": place})
        with pytest.raises(TakenError, match=f"--http {free}: address already in use"):
            check_free({"--grpc": free, "--http": free})
        assert (is_free(free), is_free(place)) == (True, False)


async def test_what_answers_for_a_child_that_has_ended_is_not_believed(tmp_path: Path):
    stack = Stack(StackPlan(directory=tmp_path, database=f"sqlite:///{tmp_path}/x.db", agents=0))
    stack.start()
    try:

        async def somebody_else_answers() -> None:
            stack.controller.kill()

        with pytest.raises(ChildError, match="the controller was killed") as ended:
            await stack.ready(somebody_else_answers(), "the start")
    finally:
        stack.stop()
    assert end_of_child(ended.value).exit_code == EXIT_RUN_FAILED


async def test_a_key_for_another_controller_does_not_stop_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LOADCELL_API_KEY", "lc_live_" + "A" * 43)
    stack = Stack(StackPlan(directory=tmp_path, database=f"sqlite:///{tmp_path}/x.db", agents=0))
    stack.start()
    try:
        await stack.ready(stack.listening(), "the start")
    finally:
        stack.stop()


async def test_a_stack_whose_controller_dies_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOADCELL_LOG_LEVEL", "no-such-level")
    stack = Stack(StackPlan(directory=tmp_path, database=f"sqlite:///{tmp_path}/x.db", agents=0))
    stack.start()
    try:
        with pytest.raises(
            ChildError, match="the controller ended with exit code 2: LOADCELL_LOG_LEVEL="
        ) as ended:
            await stack.ready(stack.listening(), "the start")
    finally:
        stack.stop()
    assert end_of_child(ended.value).exit_code == EXIT_USAGE  # it was given what it could not use


def _hold(directory: Path, database: str, owner: Owner | None, channel: Connection) -> None:
    claim = find_or_claim(directory, database, any_database=False)
    assert isinstance(claim, Claim)
    if owner is not None:
        claim.publish(owner)
    channel.send("held")
    channel.recv()
    if owner is None:
        claim.release()


@pytest.fixture
def holder(tmp_path: Path):
    """Hold a claim in another process until told to let go."""
    started_holders = []

    def hold(database: str, owner: Owner | None) -> tuple[multiprocessing.Process, Connection]:
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_hold, args=(tmp_path, database, owner, theirs), daemon=True
        )
        process.start()
        started_holders.append((process, ours, theirs))
        assert ours.recv() == "held"
        return process, ours

    yield hold
    for process, ours, theirs in started_holders:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


OWNER = Owner(pid=1, grpc="127.0.0.1:1", http="", database="sqlite:///a", shared=True)


def test_a_running_controller_is_found_and_forgotten_when_its_owner_is_killed(tmp_path: Path, holder):
    process, _ = holder("sqlite:///a", OWNER)
    assert find_or_claim(tmp_path, "sqlite:///a", any_database=False) == OWNER
    assert find_or_claim(tmp_path, "sqlite:///b", any_database=True) == OWNER
    process.kill()
    process.join()
    claim = find_or_claim(tmp_path, "sqlite:///a", any_database=False)
    assert isinstance(claim, Claim)
    assert claim.path.name == "controller.json"
    claim.release()


def test_the_address_of_an_owner_that_was_killed_is_gone_before_the_next_one_is_ready(
    tmp_path: Path, holder, monkeypatch: pytest.MonkeyPatch
):
    killed, _ = holder("sqlite:///a", OWNER)
    killed.kill()
    killed.join()
    holder("sqlite:///a", None)  # it has the claim and has not said yet where it listens
    monkeypatch.setattr(claims, "_STARTING_PATIENCE_SECONDS", 0.1)
    with pytest.raises(TimeoutError, match="does not become ready"):
        find_or_claim(tmp_path, "sqlite:///a", any_database=False)


def test_only_what_fails_to_start_cannot_start(tmp_path: Path):
    plan = StackPlan(directory=tmp_path, database=f"sqlite:///{tmp_path}/x.db", agents=0)
    claim = find_or_claim(tmp_path, plan.database, any_database=False)
    assert isinstance(claim, Claim)
    with pytest.raises(FileNotFoundError), running(plan, claim, shared=False):
        Path("/none/at/all").read_bytes()
    (tmp_path / "logs" / "controller.log").unlink()
    (tmp_path / "logs" / "controller.log").mkdir()
    with pytest.raises(CommandError, match="cannot start: "), running(plan, claim, shared=False):
        pass
    claim.release()


def test_another_database_gets_a_claim_of_its_own(tmp_path: Path, holder):
    holder("sqlite:///a", OWNER)
    claim = find_or_claim(tmp_path, "sqlite:///b", any_database=False)
    assert isinstance(claim, Claim)
    assert claim.path.name != "controller.json"
    mine = Owner(pid=2, grpc="127.0.0.1:2", http="", database="sqlite:///b", shared=False)
    claim.publish(mine)
    assert find_or_claim(tmp_path, "sqlite:///b", any_database=False) == mine
    assert find_or_claim(tmp_path, "sqlite:///a", any_database=False) == OWNER
    claim.release()


def test_a_controller_that_is_starting_is_waited_for(tmp_path: Path, holder):
    _, channel = holder("sqlite:///a", None)
    channel.send("let go")
    claim = find_or_claim(tmp_path, "sqlite:///a", any_database=False)
    assert isinstance(claim, Claim)
    claim.release()
