"""What is kept when a run does not end by itself."""

import asyncio
import json
import os
import pty
import signal
from pathlib import Path

from system import PATIENCE_SECONDS, System, command_of, figures, says, under_load

from loadcell.mockserver import Behavior, serve

LONG = ("-c", "4", "-d", "600", "--input-len", "16", "--output-len", "4", "--warmup", "0", "--json")
SOME_REQUESTS = r"%, [1-9][0-9,]* requests,"


async def test_ctrl_c_once_keeps_what_was_measured(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG)
        await under_load(server, process)
        process.send_signal(signal.SIGINT)
        done = await system.finish(process)
    assert done.code == 130, done.err + system.logs()
    assert done.document["status"] == "cancelled"
    assert figures(done.document)[0]["successful_requests"] > 0
    shown = await system.run("runs", "show", done.document["run_id"], "--json")
    assert figures(shown.document) == figures(done.document)


async def test_ctrl_c_twice_ends_at_once_and_leaves_nothing_behind(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG)
        await under_load(server, process)
        # A controller that does not answer: without the second Ctrl-C the command would wait for it.
        controller = next(pid for pid in system.processes() if b"controller" in command_of(pid))
        os.kill(controller, signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        await says(process, "stopping")
        process.send_signal(signal.SIGINT)
        done = await system.finish(process)
    assert done.code == 130
    assert done.out == ""
    assert await system.has_no_processes()


async def test_other_commands_see_a_run_of_this_machine_but_do_not_disturb_it(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG)
        await under_load(server, process)
        listed = await system.run("runs", "list", "--json")
        second = await system.run("run", server.url, *LONG)
        process.send_signal(signal.SIGTERM)
        done = await system.finish(process)
    assert [run["status"] for run in listed.document["runs"]] == ["running"]
    assert second.code == 1
    assert f"process {process.pid}) is measuring" in second.err
    assert "`loadcell up`" in second.err
    assert "--db" in second.err
    assert done.code == 130
    assert done.document["run_id"] == listed.document["runs"][0]["run_id"]


async def test_a_command_that_is_killed_takes_everything_with_it(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG)
        await under_load(server, process)
        process.kill()
        await system.finish(process)
    assert await system.has_no_processes()
    listed = (await system.run("runs", "list", "--json")).document["runs"]
    assert [run["status"] for run in listed] == ["cancelled"]
    shown = await system.run("runs", "show", listed[0]["run_id"], "--json")
    assert figures(shown.document)[0]["successful_requests"] > 0
    assert "the loadcell command that carried the run has ended" in shown.document["notes"]


async def test_an_agent_that_is_killed_ends_the_run_with_what_arrived(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG, LOADCELL_LEASE_SECONDS="5")
        await says(process, SOME_REQUESTS)
        agents = [pid for pid in system.processes() if b"-m\0agent" in command_of(pid)]
        for pid in agents:
            os.kill(pid, signal.SIGKILL)
        done = await system.finish(process)
    assert done.code == 1, done.err + system.logs()
    assert done.document["status"] == "failed"
    assert figures(done.document)[0]["successful_requests"] > 0
    assert done.document["error"]
    assert "agent-1 was killed by signal 9" in done.err


async def test_a_controller_that_is_killed_ends_the_command_with_its_reason(system: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await system.start("run", server.url, *LONG)
        await under_load(server, process)
        controller = next(pid for pid in system.processes() if b"controller" in command_of(pid))
        os.kill(controller, signal.SIGKILL)
        done = await system.finish(process)
    assert done.code == 1
    assert "the controller was killed by signal 9" in done.err


async def test_progress_is_printed_while_a_run_goes_on(shared: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await shared.start("run", server.url, *LONG)
        await says(process, SOME_REQUESTS)
        process.send_signal(signal.SIGINT)
        assert (await shared.finish(process)).code == 130
        done = await shared.run("run", server.url, "-c", "2", "-n", "20", "--output-len", "4", "--json")
    assert done.code == 0, done.err
    lines = [line for line in done.err.splitlines() if line.startswith("c=2: ")]
    assert lines[-1].endswith("done")
    json.loads(done.out)


async def test_ctrl_c_ends_a_watcher_quietly_and_not_the_run(shared: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        run = await shared.start("run", server.url, *LONG)
        await under_load(server, run)
        run_id = (await shared.run("runs", "list", "--limit", "1", "--json")).document["runs"][0]["run_id"]
        for number in (signal.SIGINT, signal.SIGTERM):
            watcher = await shared.start("runs", "watch", run_id)
            assert watcher.stderr is not None
            line = await asyncio.wait_for(watcher.stderr.readline(), PATIENCE_SECONDS)
            assert line.startswith(b"c=4: ")
            watcher.send_signal(number)
            done = await shared.finish(watcher)
            assert (done.code, done.out) == (130, "")
            assert all(line.startswith("c=4: ") for line in done.err.splitlines())
        status = (await shared.run("runs", "show", run_id, "--json")).document["status"]
        run.send_signal(signal.SIGINT)
        await shared.finish(run)
    assert status == "running"


async def test_a_reader_that_goes_away_ends_a_command_quietly(shared: System):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        for arguments in (("runs", "list", "--json"), ("runs", "list"), ("runs", "--help")):
            process = await asyncio.create_subprocess_exec(
                *shared.command, *arguments, stdout=writer, stderr=asyncio.subprocess.PIPE, env=shared.environment
            )
            _, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
            assert (process.returncode, err) == (141, b"")
    finally:
        os.close(writer)


async def test_a_terminal_that_goes_away_keeps_what_was_measured(system: System, tmp_path: Path):
    saved = tmp_path / "result.json"
    ours, theirs = pty.openpty()
    async with serve(Behavior(ttft_ms=5)) as server:
        arguments = (*system.command, "run", server.url, *LONG[:-1], "-o", str(saved))
        # The kernel tells the leader of the session whose terminal is closed.
        process = await asyncio.create_subprocess_exec(
            *("setsid", "--ctty", "--wait", *arguments),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=system.environment,
        )
        os.close(theirs)
        await under_load(server, process)
        os.close(ours)
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        assert await system.has_no_processes()
    document = json.loads(saved.read_text())
    assert document["status"] == "cancelled"
    assert figures(document)[0]["successful_requests"] > 0


async def test_SIGHUP_works_as_one_ctrl_c_however_often_it_comes(shared: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        process = await shared.start("run", server.url, *LONG)
        await under_load(server, process)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)
        done = await shared.finish(process)
    assert done.code == 130, done.err + shared.logs()
    assert done.document["status"] == "cancelled"
    assert figures(done.document)[0]["successful_requests"] > 0


async def test_ctrl_c_ends_a_calibration_quietly(system: System):
    process = await system.start("calibrate")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(b"agent.calibrate" in command_of(pid) for pid in system.processes()):
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    done = await system.finish(process)
    assert (done.code, done.out, done.err) == (130, "", "")
