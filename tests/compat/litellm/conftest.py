"""The LiteLLM proxy with a canned answer, in an environment of its own."""

import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]
PROXY = ROOT / ".deps" / "litellm" / "bin" / "litellm"
KEY = "sk-peer-0123456789abcdef0123456789abcdef"
ANSWER = "The quick brown fox jumps over the lazy dog again and again."
CONFIG = f"""
model_list:
  - model_name: mock-model
    litellm_params: {{model: openai/mock-model, api_key: unused, mock_response: "{ANSWER}"}}
"""


@pytest.fixture(scope="session")
def litellm(tmp_path_factory):
    """The base URL of a running proxy that serves one model, "mock-model", to whoever has KEY."""
    if not PROXY.exists():
        text = f"the LiteLLM proxy is not installed at {PROXY.relative_to(ROOT)}: make test-outside installs it"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    directory = tmp_path_factory.mktemp("litellm")
    (directory / "config.yaml").write_text(CONFIG)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            [PROXY, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"],
            cwd=directory,
            env=os.environ | {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as proxy,
    ):
        try:
            _wait(proxy, url, directory / "log")
            yield url
        finally:
            proxy.terminate()
            try:
                proxy.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                proxy.kill()


def _wait(proxy, url, log):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert proxy.poll() is None, log.read_text()[-2000:]
        try:
            answer = httpx.get(f"{url}/v1/models", headers={"authorization": f"Bearer {KEY}"}, timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return
        time.sleep(0.2)
    pytest.fail(f"the proxy did not start: {log.read_text()[-2000:]}")
