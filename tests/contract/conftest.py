"""The contract as descriptors with comments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    """Our own files of the contract, with source information."""
    image = tmp_path_factory.mktemp("contract") / "contract.binpb"
    subprocess.run([sys.executable, ROOT / "scripts" / "protos.py", "--image", image], check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file
    return [file for file in files if file.package == "loadcell.v1"]
