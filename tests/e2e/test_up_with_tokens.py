"""`loadcell up` where agents need tokens."""

from system import System

from loadcell.mockserver import Behavior, serve

REQUIRED = {"LOADCELL_REQUIRE_AGENT_TOKEN": "true"}
SMALL = ("--input-len", "16", "--output-len", "8", "--warmup", "1", "-n", "10")


async def test_agents_without_tokens_are_not_started_and_the_user_is_told_what_to_do(system: System):
    for flags, settings in (((), {}), (("--agents", "2"), {"LOADCELL_AGENT_TOKEN": "lc_agent_x"})):
        refused = await system.run("up", *flags, **REQUIRED, **settings)
        assert (refused.code, refused.out) == (2, "")
        assert "--agents 0" in refused.err
        assert "loadcell agents token create" in refused.err
    assert await system.has_no_processes()


async def test_an_agent_with_a_token_is_admitted_to_what_is_up(system: System):
    async with system.up("--agents", "0", **REQUIRED):
        made = await system.run("agents", "token", "create", "mine")
        token = next(word for word in made.out.split() if word.startswith("lc_agent_"))
    async with system.up(**REQUIRED, LOADCELL_AGENT_TOKEN=token), serve(Behavior(ttft_ms=1)) as server:
        done = await system.run("run", server.url, *SMALL, "--json")
        assert done.code == 0, done.err + system.logs()
    assert token not in system.logs()


async def test_a_command_with_processes_of_its_own_needs_no_tokens(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        elsewhere = {"LOADCELL_AGENT_TOKEN": "lc_agent_of_an_agent_elsewhere"}
        done = await system.run("run", server.url, *SMALL, "--json", **REQUIRED, **elsewhere)
        assert done.code == 0, done.err + system.logs()
