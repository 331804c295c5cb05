"""The official OpenAI client must not see a difference to a real server.

It takes a second to import, and every process that looks for tests would: so the tests import it themselves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from loadcell.mockserver import Behavior, serve

if TYPE_CHECKING:
    import openai


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(cert), "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


MESSAGES = [{"role": "user", "content": "count to three please"}]


def client(url: str, key: str = "none") -> openai.AsyncOpenAI:
    import openai

    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


async def test_chat_streamed():
    async with serve(Behavior(ttft_ms=2, itl_ms=1)) as server, client(server.url) as api:
        stream = await api.chat.completions.create(
            model="mock-model",
            messages=MESSAGES,
            stream=True,
            max_tokens=4,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == " load" * 4
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (4, 4)


async def test_chat_whole():
    async with serve() as server, client(server.url) as api:
        answer = await api.chat.completions.create(model="mock-model", messages=MESSAGES, max_completion_tokens=2)
    assert answer.choices[0].message.content == " load load"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 6


async def test_completions_streamed_and_whole():
    async with serve() as server, client(server.url) as api:
        stream = await api.completions.create(model="mock-model", prompt="a b", max_tokens=3, stream=True)
        text = "".join([chunk.choices[0].text async for chunk in stream])
        answer = await api.completions.create(model="mock-model", prompt="a b", max_tokens=3)
    assert text == answer.choices[0].text == " load load load"


async def test_models():
    async with serve(Behavior(models=("one", "two"))) as server, client(server.url) as api:
        assert [model.id async for model in await api.models.list()] == ["one", "two"]
        assert (await api.models.retrieve("two")).id == "two"


async def test_errors_become_the_clients_own_exceptions():
    import openai

    async with serve(api_key="right") as server:
        async with client(server.url, "wrong") as api:
            with pytest.raises(openai.AuthenticationError):
                await api.models.list()
        async with client(server.url, "right") as api:
            with pytest.raises(openai.NotFoundError, match="gpt-9"):
                await api.chat.completions.create(model="gpt-9", messages=MESSAGES)
            server.behavior = Behavior(rate_limit_rate=1)
            with pytest.raises(openai.RateLimitError):
                await api.chat.completions.create(model="mock-model", messages=MESSAGES)
            server.behavior = Behavior(server_error_rate=1)
            with pytest.raises(openai.InternalServerError):
                await api.chat.completions.create(model="mock-model", messages=MESSAGES)


async def test_tls(certificate: tuple[Path, Path]):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with serve(Behavior(ttft_ms=1), tls=tls) as server, httpx.AsyncClient(verify=trust) as web:
        assert server.url.startswith("https://")
        answer = await web.get(f"{server.url}/v1/models")
    assert answer.json()["data"][0]["id"] == "mock-model"


async def test_process_prints_one_ready_line_and_ends_with_its_parent():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadcell.mockserver", "--port", "0", "--model", "m", "--output-tokens", "2"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "LOADCELL_EXIT_WITH_PARENT": "1"},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    words = (await process.stdout.readline()).decode().split()
    assert words[:2] == ["listening", "on"]
    async with client(words[2]) as api:
        answer = await api.chat.completions.create(model="m", messages=MESSAGES)
    assert answer.choices[0].message.content == " load load"
    process.stdin.close()
    assert await process.wait() == 0
    assert await process.stdout.read() == b""


def test_process_with_a_bad_setting_exits_with_one_line():
    taken = subprocess.run(
        [sys.executable, "-m", "loadcell.mockserver", "--jitter", "3"], capture_output=True, text=True, check=False
    )
    assert taken.returncode == 2
    assert taken.stderr.splitlines()[-1].endswith("error: jitter must be between 0 and 1, not 3.0")


async def test_process_with_a_taken_port_exits_with_one_line():
    async with serve() as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "loadcell.mockserver", "--port", str(server.port)), stderr=subprocess.PIPE
        )
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.decode().startswith(f"error: cannot listen on 127.0.0.1:{server.port}: ")
    assert errors.count(b"\n") == 1


async def test_process_stops_on_sigterm():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadcell.mockserver", "--port", "0"), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
