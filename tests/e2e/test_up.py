"""`loadcell up`, and commands that use what is up."""

import asyncio
import os
import re
import signal
import ssl
from pathlib import Path

import httpx
from system import PATIENCE_SECONDS, System, command_of, figures, under_load

from loadcell.client import Client
from loadcell.documents import render
from loadcell.mockserver import Behavior, serve
from tests.free_ports import free_address
from tests.integration.security.certificates import Authority

SMALL = ("--input-len", "16", "--output-len", "8", "--warmup", "1")


def address(line: str, word: str) -> str:
    found = re.search(rf"{word}\s?(\S+?)[,\s/]", line)
    assert found, line
    return found[1]


async def test_run_uses_what_is_up_and_every_reader_sees_the_same(system: System):
    async with serve(Behavior(ttft_ms=1)) as server, system.up() as line:
        grpc_address, http = address(line, "gRPC"), address(line, "is up: http://")
        done = await system.run("run", server.url, "-c", "1,3", "-n", "20", *SMALL, "--json")
        assert done.code == 0, done.err + system.logs()
        document = done.document
        async with httpx.AsyncClient(trust_env=False) as web:
            answer = await web.get(f"http://{http}/api/v1/benchmark/result/{document['run_id']}")
            assert answer.json() == document
            assert (await web.get(f"http://{http}/docs")).status_code == 200
            exporter = address(line, "metrics http://")
            metrics = (await web.get(f"http://{exporter}/metrics")).text
            assert document["run_id"] in metrics
        async with Client(grpc_address) as client:
            assert render(await client.result(document["run_id"])) == document
        shown = await system.run("runs", "show", document["run_id"], "--json")
        assert shown.document == document
        agents = await system.run("agents", "list", "--json")
        assert [agent["state"] for agent in agents.document["agents"]] == ["ready"]
        second = await system.run("run", server.url, "-c", "1,3", "-n", "10", *SMALL, "--json")
        compared = await system.run("runs", "compare", document["run_id"], second.document["run_id"], "--json")
        assert set(compared.document["by_concurrency"]) == {"1", "3"}
    after = await system.run("runs", "show", document["run_id"], "--json")
    assert figures(after.document) == figures(document)


async def started_run(process: asyncio.subprocess.Process) -> str:
    """The run that a `loadcell run` has just announced."""
    assert process.stderr is not None
    word, run_id = (await asyncio.wait_for(process.stderr.readline(), PATIENCE_SECONDS)).decode().split()
    assert word == "run"
    return run_id


async def test_agents_can_be_drained(shared: System):
    listed = await shared.run("agents", "list", "--json")
    name = listed.document["agents"][0]["agent_id"]
    assert (await shared.run("agents", "drain", name)).code == 0
    drained = await shared.run("agents", "list", "--json")
    assert drained.document["agents"][0]["state"] == "draining"
    assert (await shared.run("agents", "drain", name, "--resume")).code == 0


async def test_a_run_can_be_watched_and_cancelled_from_elsewhere(shared: System):
    async with serve(Behavior(ttft_ms=5)) as server:
        ordered = await shared.start("run", server.url, "-c", "2", "-d", "600", *SMALL, "--json")
        run_id = await started_run(ordered)
        await under_load(server, ordered, 20)
        watching = await shared.start("runs", "watch", run_id)
        cancelled = await shared.run("runs", "cancel", run_id, "--controller", shared.grpc)
        assert cancelled.code == 0
        first, second = await shared.finish(ordered), await shared.finish(watching)
    assert first.code == 1
    assert first.document["status"] == "cancelled"
    assert second.code == 1
    assert "cancelled" in second.out


async def test_a_taken_port_is_one_line(system: System):
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        taken = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        done = await system.run("up", "--grpc", taken, "--http", free_address(), "--exporter", free_address())
    assert done.code == 1
    assert done.out == ""
    assert taken in done.err
    assert done.err.count("\n") == 1


async def test_a_second_up_on_the_same_port_leaves_the_first_alone(shared: System, tmp_path: Path):
    async with serve(Behavior(ttft_ms=1)) as server:
        taken = shared.grpc
        others = ("--http", free_address(), "--exporter", free_address(), "--db", str(tmp_path / "other.db"))
        done = await shared.run("up", "--grpc", taken, *others)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"error: --grpc {taken}: address already in use\n"
        assert not (tmp_path / "other.db").exists()
        measured = await shared.run("run", server.url, "-n", "3", *SMALL, "--json", "--controller", taken)
        assert measured.code == 0, measured.err + shared.logs()


async def test_two_stacks_of_one_data_directory_have_logs_of_their_own(shared: System, tmp_path: Path):
    async with serve(Behavior(ttft_ms=1)) as server:
        before = (shared.home / "logs" / "controller.log").read_bytes()
        done = await shared.run("run", server.url, "-n", "3", *SMALL, "--json", "--db", str(tmp_path / "b.db"))
        assert done.code == 0, done.err + shared.logs()
    first, second = (shared.home / "logs" / name for name in ("controller.log", "2/controller.log"))
    assert first.read_bytes().startswith(before)
    assert b"\0" not in first.read_bytes()
    assert done.document["run_id"] in second.read_text()
    assert done.document["run_id"] not in first.read_text()


async def test_up_ends_with_the_error_of_a_process_that_dies(system: System):
    addresses = ("--grpc", free_address(), "--http", free_address(), "--exporter", free_address())
    process = await system.start("up", *addresses)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
    gateway = next(pid for pid in system.processes() if b"-m\0gateway" in command_of(pid))
    os.kill(gateway, signal.SIGKILL)
    done = await system.finish(process)
    assert done.code == 1
    assert done.err.startswith("error: the gateway was killed by signal 9")


async def test_what_is_served_over_tls_is_told_so(system: System, tmp_path: Path):
    ca = Authority(tmp_path, "ours")
    pair = ca.pair("server")
    files = {"LOADCELL_HTTP_TLS_CERT": str(pair.cert), "LOADCELL_HTTP_TLS_KEY": str(pair.key)}
    async with system.up("--agents", "0", **files) as line:
        trusting = ssl.create_default_context(cafile=ca.file)
        async with httpx.AsyncClient(verify=trusting, trust_env=False) as web:
            for place in (
                f"{address(line, 'is up: https://')}/alive",
                f"{address(line, 'metrics https://')}/metrics",
            ):
                assert (await web.get(f"https://{place}")).status_code == 200


async def test_ctrl_c_twice_ends_it_at_once_and_leaves_nothing_behind(system: System):
    addresses = ("--grpc", free_address(), "--http", free_address(), "--exporter", free_address())
    process = await system.start("up", *addresses)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
    modules = {command_of(pid).partition(b"-m\0")[2].rstrip(b"\0"): pid for pid in system.processes()}
    gateway, agent = modules[b"gateway"], modules[b"agent"]
    os.kill(gateway, signal.SIGSTOP)  # it does not end, however long it is given
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while command_of(agent):
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    done = await system.finish(process)
    assert done.code == 130, done.err
    assert await system.has_no_processes()


async def test_a_second_up_on_the_same_database_is_refused(shared: System):
    done = await shared.run("up", "--grpc", free_address(), "--http", free_address())
    assert done.code == 1
    assert "in use by process" in done.err
    assert shared.grpc in done.err


async def test_the_key_of_the_controller_is_asked_for(system: System):
    async with serve() as server, system.up(LOADCELL_API_KEY="sesame"):
        refused = await system.run("runs", "list")
        done = await system.run("run", server.url, "-n", "3", *SMALL, "--json", LOADCELL_API_KEY="sesame")
    assert refused.code == 2
    assert done.code == 0, done.err + system.logs()
    assert "sesame" not in system.logs()


async def test_the_demo_shows_every_level_and_where_to_look(system: System):
    done = await system.run("demo", LOADCELL_HTTP=free_address(), LOADCELL_EXPORTER=free_address())
    assert done.code == 0, done.err + system.logs()
    for word in ("c=1", "c=10", "c=50", " runs show ", "loadcell.db", "over HTTP", "in Prometheus"):
        assert word in done.out
    assert "300 requests" in done.out
