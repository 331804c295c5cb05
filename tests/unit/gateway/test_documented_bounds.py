"""The page about HTTP tells the bounds that there are."""

from pathlib import Path

from gateway import body, heads, protocol, upstream
from gateway.middleware import body_budget, bounds, compression
from loadcell.documents import text
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.uploading import PIECE_BYTES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "http.md").read_text()


def test_every_bound_is_told_as_it_is():
    rows = {
        "head of a request": f"{heads.MAX_HEAD_BYTES // 1024} KiB, {heads.MAX_HEADERS} headers",
        "path, query": f"{bounds.MAX_PATH_BYTES:,} bytes, {bounds.MAX_QUERY_BYTES // 1024} KiB",
        "parameters of a query": f"{bounds.MAX_PARAMETERS}",
        "body": f"{body.MAX_BODY_BYTES // 2**20} MiB",
        "file that is uploaded": f"{MAX_ASSET_BYTES // 2**20} MiB",
        "values in a body, depth": f"{text.MAX_VALUES:,}, {text.MAX_DEPTH}",
        "bodies of all requests together": (
            f"{body_budget.MOST_BYTES // 2**20} MiB, and {body_budget.ALWAYS_TAKEN_BYTES // 1024} KiB of each"
        ),
        "connections": f"{protocol.MAX_CONNECTIONS:,}",
        "time for a head to arrive": f"{protocol.HEAD_SECONDS:g} s",
        "time for a body to arrive": f"{body.READ_TIMEOUT_SECONDS:g} s",
        f"time for {PIECE_BYTES // 1024} KiB of a file to arrive": f"{body.READ_TIMEOUT_SECONDS:g} s",
        "time for the controller to answer": f"{upstream.CALL_TIMEOUT_SECONDS:g} s",
        "time for a client to read 64 KiB": f"{protocol.WRITE_SECONDS:g} s",
    }
    for what, most in rows.items():
        assert f"| {what} | {most} |" in PAGE
    assert f"at least {compression.LEAST_BYTES // 1024} KiB" in PAGE


def test_the_dashboard_sends_no_file_that_the_controller_would_refuse():
    script = (ROOT / "gateway/web/app/pages/new/dataset.js").read_text()
    assert f"const MOST_BYTES = {MAX_ASSET_BYTES // 2**20} * 1024 * 1024;" in script
