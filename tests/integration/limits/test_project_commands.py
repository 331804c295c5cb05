"""Projects on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from loadcell.client import Client


async def command(*words: str) -> tuple[int, str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LOADCELL_")}
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadcell.cli", "projects", *words, env=environment, stdout=pipe, stderr=pipe
    )
    out, err = await running.communicate()
    return running.returncode, out.decode(), err.decode()


async def test_what_is_given_is_set_and_the_rest_stays(start):
    controller = await start(quota_agents=9)
    where = ("--controller", controller.address)
    code, out, err = await command("set", "a", "--targets", "10.0.0.0/8,*.example.com", "--rate", "2.5", *where)
    assert (code, err) == (0, "")
    assert "targets  10.0.0.0/8,*.example.com" in out
    assert ["rate", "0", "2.5", "project"] in [line.split() for line in out.splitlines()]
    assert ["agents", "0", "9", "controller"] in [line.split() for line in out.splitlines()]
    code, out, err = await command("set", "a", "--agents", "3", "--rate", "default", "--json", *where)
    assert (code, err) == (0, "")
    project = json.loads(out)["project"]
    assert project["allowed_targets"] == "10.0.0.0/8,*.example.com"
    assert (project["quota_agents"], project["quota_rate"]) == (3, None)
    async with Client(controller.address) as client:
        await client.set_project("b", allowed_targets="llm.example.com")
    code, out, err = await command("list", *where)
    assert (code, err) == (0, "")
    listed = [line.split()[:2] for line in out.splitlines()]
    assert listed.index(["a", "10.0.0.0/8,*.example.com"]) < listed.index(["b", "llm.example.com"])


async def test_what_cannot_be_set_is_told_with_its_flag(controller):
    for words, told in (
        ((), "nothing to set: give --targets"),
        (
            ("--stored-traces", "1.5"),
            "--stored-traces '1.5': must be a whole number from 0 to 1,000,000,000,000,000, or default",
        ),
        (("--rate", "nan"), "--rate 'nan': must be a number from 0 to 1,000,000,000,000, or default"),
        (("--targets", "10.0.0.0/33"), "'10.0.0.0/33' is no address and no network"),
    ):
        code, out, err = await command("set", "a", *words, "--controller", controller.address)
        assert (code, out) == (2, "")
        assert told in err
