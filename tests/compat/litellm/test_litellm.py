"""The whole system against an OpenAI-compatible server that others wrote."""

import json
import os
import re
import subprocess
import sys

from tests.compat.litellm.conftest import KEY
from tests.patience import PATIENCE_SECONDS


def _run(directory, url, *flags):
    command = [sys.executable, "-m", "loadcell.cli", "run", url, "--json", "-c", "2", "-n", "12", "--warmup", "1"]
    return subprocess.run(
        [*command, "--input-len", "16", "--output-len", "8", *flags],
        env=os.environ | {"XDG_DATA_HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def test_the_proxy_is_measured_and_its_refusals_are_told(litellm, tmp_path, subtests):
    """One test: the proxy takes long to start, and would be started by each process that has one of several."""
    for stream in ("--stream", "--no-stream"):
        with subtests.test(stream):
            _every_request_is_measured(litellm, tmp_path, stream)
    with subtests.test("wrong key"):
        _a_wrong_key_fails_before_load_with_the_servers_message(litellm, tmp_path)
    with subtests.test("wrong model"):
        _a_wrong_model_fails_before_load_and_is_named(litellm, tmp_path)


def _every_request_is_measured(litellm, tmp_path, stream):
    done = _run(tmp_path, litellm, "--api-key", KEY, stream)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (level,) = result["results"]
    assert result["model"] == "mock-model"
    assert (level["successful_requests"], level["errors"]) == (12, {})
    assert level["e2e_latency"]["p50"] > 0
    # A body that comes whole has no first token to wait for.
    assert (level["ttft"]["p50"] is not None) == (stream == "--stream")
    assert (level["ttft"]["p50"] or 0) <= level["e2e_latency"]["p50"]
    assert level["total_output_tokens"] > 0
    assert KEY not in done.stdout + done.stderr


def _a_wrong_key_fails_before_load_with_the_servers_message(litellm, tmp_path):
    done = _run(tmp_path, litellm, "--api-key", "sk-wrong-key", "-m", "mock-model")
    assert done.returncode == 1
    # Which 4xx the proxy chooses depends on its version and on whether it has a database of keys.
    assert re.search(r"refused the test request: HTTP 4\d\d: \w", done.stderr), done.stderr
    assert "sk-wrong-key" not in done.stderr


def _a_wrong_model_fails_before_load_and_is_named(litellm, tmp_path):
    done = _run(tmp_path, litellm, "--api-key", KEY, "-m", "no-such-model")
    assert done.returncode == 1
    assert "no-such-model" in done.stderr
