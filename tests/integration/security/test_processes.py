"""Real agent, gateway and command processes with certificates and tokens, right and wrong."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from loadcell.settings import Secret
from loadcell.v1 import fleet_pb2
from tests.integration.security.certificates import Authority, serving
from tests.patience import PATIENCE_SECONDS

KEY = Secret("the key")


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path, "ours")


class Process:
    def __init__(self, process, log):
        self.process, self._log = process, log

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def says(self, *texts: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(text in self.log for text in texts):
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.05)

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


@pytest.fixture
def begin(tmp_path):
    """Start a process of ours; it is ended with the block."""

    @asynccontextmanager
    async def start(*arguments: str, **settings: object):
        number = len(list(tmp_path.glob("*.log")))
        log = tmp_path / f"{number}.log"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")},
            "LOADCELL_DATA_DIR": str(tmp_path / f"data-{number}"),
            "LOADCELL_WORKERS": "1",
            **{name: str(value) for name, value in settings.items()},
        }
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *arguments, env=environ, stdout=file, stderr=file
            )
        running = Process(process, log)
        try:
            yield running
        finally:
            print(running.log)  # noqa: T201  shown with a failure
            if process.returncode is None:
                process.terminate()
                try:
                    await running.ends()
                finally:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
        assert "Traceback" not in running.log

    return start


def trusting(ca, own=None) -> dict[str, object]:
    mine = {} if own is None else {"LOADCELL_TLS_CLIENT_CERT": own.cert, "LOADCELL_TLS_CLIENT_KEY": own.key}
    return {"LOADCELL_TLS_CA": ca.file, **mine}


async def connected(controller) -> list[str]:
    listed = await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())
    return [agent.agent_id for agent in listed.agents]


async def test_an_agent_with_a_certificate_and_a_token_of_its_own(start, begin, ca, make_token, tmp_path):
    tls = ca.trusted(ca.pair("operator", "operator"))
    controller = await start(api_key=KEY, require_agent_token=True, tls=tls, **serving(ca.pair("server"), ca.file))
    made = await make_token(controller)
    file = tmp_path / "token"
    file.write_text(made.token + "\n")
    settings = {"LOADCELL_CONTROLLER": controller.address, "LOADCELL_AGENT_ID": "secure"}
    own = trusting(ca, ca.pair("agent", "agent-1"))
    async with begin("agent", LOADCELL_AGENT_TOKEN_FILE=file, **settings, **own) as agent:
        await agent.says("agent_registered")
        assert await connected(controller) == ["secure"]
        revoke = fleet_pb2.RevokeAgentTokenRequest(token_id=made.details.token_id)
        await controller.fleet.RevokeAgentToken(revoke)
        assert await agent.ends() == 1
        assert "AGENT_TOKEN_REVOKED" in agent.log
        assert made.token not in agent.log
    async with begin("agent", **settings, **own) as agent:
        assert await agent.ends() == 1
        assert "AGENT_TOKEN_REQUIRED" in agent.log
        assert "loadcell agents token create" in agent.log


async def test_an_agent_says_again_and_again_what_is_wrong_with_tls_and_goes_on_when_it_is_right(
    start, begin, ca, tmp_path
):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(Authority(tmp_path, "other").file.read_bytes())
    async with begin("agent", LOADCELL_CONTROLLER=controller.address, LOADCELL_TLS_CA=trusted) as agent:
        await agent.says("session_lost", "is not signed by an authority in LOADCELL_TLS_CA")
        trusted.write_bytes(ca.file.read_bytes())
        await agent.says("agent_registered")
    assert all(line.startswith("{") for line in agent.log.splitlines()), "a library has spoken as well"


async def test_a_command_says_what_is_wrong_with_tls_in_one_line(start, begin, ca, tmp_path):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    ask = ("loadcell.cli", "runs", "list", "--controller", controller.address)
    async with begin(*ask, LOADCELL_TLS_CA=Authority(tmp_path, "other").file) as command:
        assert await command.ends() != 0
    (line,) = command.log.splitlines()
    assert line.startswith("error: ")
    assert "is not signed by an authority in LOADCELL_TLS_CA" in line


async def test_an_agent_without_its_files_does_not_start(begin, ca, tmp_path):
    for settings, said in (
        ({"LOADCELL_TLS_CA": tmp_path / "gone.pem"}, f"agent: LOADCELL_TLS_CA={tmp_path}/gone.pem: No such file"),
        ({"LOADCELL_TLS_CLIENT_CERT": ca.file}, "set LOADCELL_TLS_CLIENT_KEY as well"),
        (trusting(ca, ca.pair("old", "a", days=-1)), "the certificate has expired; put a new one there"),
    ):
        async with begin("agent", **settings) as agent:
            assert await agent.ends() == 2
            assert said in agent.log


async def test_a_controller_without_its_files_does_not_start(begin, ca, tmp_path):
    gone = tmp_path / "gone.pem"
    settings = {
        "LOADCELL_TLS_CERT": gone,
        "LOADCELL_TLS_KEY": ca.pair("server").key,
        "LOADCELL_GRPC": "127.0.0.1:0",
    }
    async with begin("controller", **settings) as controller:
        assert await controller.ends() == 2
        assert f"controller: LOADCELL_TLS_CERT={gone}: No such file" in controller.log


async def test_of_two_agents_with_one_id_the_first_ends_for_good(start, begin):
    controller = await start()
    settings = {"LOADCELL_CONTROLLER": controller.address, "LOADCELL_AGENT_ID": "twin"}
    async with begin("agent", **settings) as first:
        await first.says("agent_registered")
        async with begin("agent", **settings) as second:
            await second.says("agent_registered")
            assert await first.ends() == 1
            assert "SESSION_REPLACED" in first.log
            assert "give each agent its own LOADCELL_AGENT_ID" in first.log
            assert second.process.returncode is None
            assert second.log.count("agent_registered") == 1


async def test_the_gateway_and_the_command_speak_tls_and_manage_tokens(start, begin, ca, unused_tcp_port_factory):
    own = ca.pair("client", "client")
    controller = await start(api_key=KEY, tls=ca.trusted(own), **serving(ca.pair("server"), ca.file))
    http, exporter = unused_tcp_port_factory(), unused_tcp_port_factory()
    settings = {"LOADCELL_CONTROLLER": controller.address, "LOADCELL_API_KEY": KEY.reveal(), **trusting(ca, own)}
    addresses = {"LOADCELL_HTTP": f"127.0.0.1:{http}", "LOADCELL_EXPORTER": f"127.0.0.1:{exporter}"}
    async with begin("gateway", **settings, **addresses) as gateway:
        await gateway.says("application_started")
        headers = {"x-api-key": KEY.reveal()}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http}/api/v1/agents", headers=headers) as client:
            made = (await client.post("/tokens", json={"name": "over http"})).json()
            assert made["token"].startswith("lc_agent_")
            listed = (await client.get("/tokens")).json()
            assert [token["name"] for token in listed["tokens"]] == ["over http"]
            assert listed["tokens"][0]["expires_at"] is None
            assert made["token"] not in str(listed)
            gone = await client.delete(f"/tokens/{made['details']['token_id']}")
            assert gone.json()["revoked_at"]
            assert (await client.delete("/tokens/none")).status_code == 404
        async with httpx.AsyncClient() as bare:
            assert (await bare.get(f"http://127.0.0.1:{http}/api/v1/agents/tokens")).status_code == 401
    async with begin(
        "loadcell.cli", "agents", "token", "create", "rack 7", "--expires-days", "2", **settings
    ) as cli:
        assert await cli.ends() == 0
        assert sorted(line.split("_")[0].split()[0] for line in cli.log.splitlines()) == ["lc", "token"]
    async with begin("loadcell.cli", "agents", "token", "list", **settings) as cli:
        assert await cli.ends() == 0
        assert "revoked" in cli.log
        assert "valid" in cli.log
    async with begin("loadcell.cli", "agents", "token", "revoke", "none", **settings) as cli:
        assert await cli.ends() == 2
        assert "error: there is no agent token" in cli.log
    settings["LOADCELL_TLS_CA"] = own.cert
    async with begin("loadcell.cli", "agents", "list", **settings) as cli:
        assert await cli.ends() == 2
        assert "LOADCELL_TLS_CA=" in cli.log


async def test_the_command_says_what_is_wrong_with_tls(start, begin, ca, tmp_path):
    controller = await start(tls=ca.trusted(), **serving(ca.pair("server")))
    other = Authority(tmp_path, "other")
    settings = {"LOADCELL_CONTROLLER": controller.address, **trusting(other)}
    async with begin("loadcell.cli", "agents", "list", **settings) as cli:
        assert await cli.ends() == 4
        assert "is not signed by an authority in LOADCELL_TLS_CA" in cli.log
        assert len(cli.log.strip().splitlines()[-1:]) == 1
