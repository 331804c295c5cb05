"""Every line is JSON with the documented keys when nobody watches."""

import json
import os
import pty
import re
import subprocess
import sys

from tests.patience import PATIENCE_SECONDS

PROGRAM = """
import logging, structlog
from loadcell import logs
logs.configure("tester", "info")
structlog.contextvars.bind_contextvars(request_id="r-1")
structlog.get_logger().info("benchmark_started", run_id="x")
structlog.get_logger().debug("hidden")
structlog.get_logger().info("odd", half="\\ud800", huge=2**70, path=__import__("pathlib").Path("/x"))
logging.getLogger("library").warning("careful")
"""


def test_lines_are_json_on_standard_error():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.stdout == ""
    assert [line["event"] for line in lines] == ["benchmark_started", "odd", "careful"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "benchmark_started",
        "run_id": "x",
        "request_id": "r-1",
        "level": "info",
        "log_level": "info",
        "service": "tester",
        "timestamp": "",
    }
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert (lines[1]["half"], lines[1]["huge"], lines[1]["path"]) == ("\ud800", 2**70, "PosixPath('/x')")


def test_lines_can_be_read_on_a_terminal():
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal, os.fdopen(theirs, "wb") as shown:
        subprocess.run([sys.executable, "-c", PROGRAM], stderr=shown, check=True, timeout=PATIENCE_SECONDS)
        text = terminal.read(65_536).decode()
    first = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()[0]
    assert re.search(r"\[info *\] benchmark_started .*request_id=r-1 run_id=x service=tester", first), first
