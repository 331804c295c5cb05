"""`loadcell check-target`: whether a run could begin with a server, by what an agent finds of it."""

from system import System

from loadcell.mockserver import Behavior, serve
from tests.free_ports import free_address

KEY, WRONG = "sk-right-key-of-the-target", "sk-wrong-key-of-the-target"


async def test_what_works_is_told_from_what_does_not(shared: System):
    completions = ("--adapter", "openai-completions")
    async with serve(Behavior(ttft_ms=1), api_key=KEY) as server:
        good = await shared.run("check-target", server.url, LLM_API_KEY=KEY)
        told = await shared.run("check-target", server.url, "--api-key", KEY, *completions, "--json")
        unknown = await shared.run("check-target", server.url, "--model", "other", "--json", LLM_API_KEY=KEY)
        refused = await shared.run("check-target", server.url, LLM_API_KEY=WRONG)
    assert (good.code, good.err) == (0, ""), good.err + shared.logs()
    assert good.out.startswith(f"{server.url} works: model mock-model, dialect openai\nseen by ")
    document = told.document
    assert (told.code, document["ok"], document["model"], document["pin_output"]) == (0, True, "mock-model", True)
    assert (document["adapter"], document["error"], document["advice"]) == ("openai-completions", None, None)
    assert (unknown.code, unknown.document["error_reason"]) == (1, "MODEL_NOT_FOUND")
    assert "mock-model" in unknown.document["error"]
    assert (refused.code, refused.out) == (1, "")
    assert "401" in refused.err
    assert "API key" in refused.err
    gone = await shared.run("check-target", f"http://{free_address()}", "--json")
    assert (gone.code, gone.document["error_reason"], gone.document["model"]) == (1, "TARGET_UNREACHABLE", None)
    absent = await shared.run("check-target", server.url, "--agents", "region=nowhere")
    assert (absent.code, absent.out) == (1, "")
    assert "no agent with region=nowhere is free" in absent.err
    everything = shared.logs() + "".join(done.out + done.err for done in (good, told, unknown, refused))
    assert [key for key in (KEY, WRONG) if key in everything] == []


async def test_it_starts_its_own_agent(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        for _ in range(2):  # the second one knows of the agent of the first, which is gone
            done = await system.run("check-target", server.url, "--json")
            assert (done.code, done.document["ok"]) == (0, True), done.err + system.logs()
    counted = await system.run("check-target", server.url, "--agents", "3")
    assert (counted.code, counted.out) == (2, "")
    assert "--agents '3'" in counted.err
