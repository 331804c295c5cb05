"""Everything committed that is generated from the contract is what the contract generates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_stubs_are_generated_from_the_contract_as_it_stands(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "protos.py", tmp_path], check=True, cwd=tmp_path)
    fresh = {path.name: path.read_bytes() for path in (tmp_path / "loadcell" / "v1").iterdir()}
    committed = {path.name: path.read_bytes() for path in (ROOT / "loadcell" / "v1").glob("*_pb2*")}
    for files, root in ((fresh, tmp_path), (committed, ROOT)):
        files["contract.binpb"] = (root / "gateway" / "contract.binpb").read_bytes()
    assert len(fresh) >= 3 * len(list((ROOT / "protos").rglob("*.proto")))
    assert committed.keys() == fresh.keys(), "run `make protos` and commit"
    changed = [name for name in fresh if fresh[name] != committed[name]]
    assert not changed, "run `make protos` and commit"
