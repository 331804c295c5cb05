"""Prompts and completions of runs that keep them."""

from __future__ import annotations

import json

import pytest
from scripted_server import DONE, END, HEAD, WHOLE, Bench, Peer, answering, chunked, delta, event, plain, stream

from agent.samples.outcome import Status
from agent.targets.prompt import Prompt
from agent.targets.texts import MAX_CHARACTERS


async def test_nothing_is_kept_unless_the_run_asks(bench: Bench) -> None:
    assert (await bench.ask(answering(WHOLE))).texts is None
    assert (await bench.ask(answering(WHOLE), keep_text=True)).texts is None


async def test_completion_is_what_was_said_without_what_was_thought(bench: Bench) -> None:
    thoughts, words = ([delta(**{kind: f"{kind}{i}"}) for i in range(50)] for kind in ("reasoning", "content"))

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(thoughts[0]))
        # What comes with later reads and looks like what was decoded is not decoded.
        await bench.reads(1)
        await peer.send(chunked(b"".join([*thoughts[1:], words[0]])))
        await bench.reads(2)
        await peer.send(chunked(b"".join([*words[1:], delta("stop"), DONE])) + END)

    sample = await bench.ask(handler, record_texts=True)
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 100)
    assert sample.texts == ("hi", "".join(f"content{i}" for i in range(50)))


async def test_line_breaks_quotes_and_calls_of_functions_are_kept_as_they_are(bench: Bench) -> None:
    call = delta(tool_calls=[{"index": 0, "id": "x1", "function": {"name": "find", "arguments": "{}"}}])
    said = stream(delta(content='a "b"\n'), delta(content="\u4e16 \U0001f600"), call, delta("stop"), DONE)
    sample = await bench.ask(answering(said), record_texts=True)
    assert sample.texts == ("hi", 'a "b"\n\u4e16 \U0001f600find{}')


@pytest.mark.parametrize(
    ("adapter", "choice"), [("openai", {"message": {"content": "yes"}}), ("openai-completions", {"text": "yes"})]
)
async def test_whole_bodies_are_kept(bench: Bench, adapter: str, choice: dict[str, object]) -> None:
    body = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", **choice}]}).encode()
    answer = answering(plain("200 OK", body, "content-type: application/json"))
    sample = await bench.ask(answer, record_texts=True, stream=False, adapter=adapter)
    assert sample.texts == ("hi", "yes")


async def test_of_failures_is_kept_what_had_come(bench: Bench) -> None:
    cut = HEAD + chunked(delta(content="half an")) + chunked(event({"error": {"message": "out of memory"}}))
    sample = await bench.ask(answering(cut), record_texts=True)
    assert (sample.status, sample.texts) == (Status.ERROR, ("hi", "half an"))
    refused = await bench.ask(answering(plain("500 Oh", b"no")), record_texts=True)
    assert (refused.status, refused.texts) == (Status.ERROR, ("hi", ""))


async def test_texts_are_cut_and_credentials_taken_out(bench: Bench) -> None:
    long = delta(content="\u00e4" * 9_000 + " key-of-the-target ")
    server = await bench.serve(answering(stream(long, long, long, delta("stop"), DONE)))
    client = bench.engine(f"http://127.0.0.1:{server.port}", record_texts=True, api_key="key-of-the-target")
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"text": "x" * 20_000}, {}]},
    ]
    client.submit(client.dialect.build(Prompt(messages_json=json.dumps(messages).encode()), 16))
    prompt, completion = (await client.next()).texts or ("", "")
    assert prompt == ("be brief\n\n" + "x" * 20_000)[:MAX_CHARACTERS]
    assert len(completion) == MAX_CHARACTERS
    assert "key-of" not in completion
    assert completion.count("[redacted]") == 1
