"""What `loadcell up` starts for other machines asks them for a credential, or is not started."""

from __future__ import annotations

import pytest
from system import System

from tests.free_ports import free_address


@pytest.mark.parametrize(
    ("flag", "setting"),
    [("--grpc", "LOADCELL_API_KEY"), ("--http", "LOADCELL_API_KEY"), ("--exporter", "LOADCELL_EXPORTER_KEY")],
)
async def test_up_does_not_open_this_machine_to_others_without_a_credential(
    system: System, flag: str, setting: str
):
    port = free_address().rpartition(":")[2]
    others = {name: free_address() for name in ("--grpc", "--http", "--exporter") if name != flag}
    places = {**others, flag: f"0.0.0.0:{port}"}
    done = await system.run("up", "--agents", "0", *(word for place in places.items() for word in place))
    assert (done.code, done.out) == (2, ""), done.err
    assert f"0.0.0.0:{port}" in done.err
    assert setting in done.err
    assert done.err.count("\n") == 1
