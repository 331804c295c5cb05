"""Generate what is made from protos/, or write one image of the whole contract.

python scripts/protos.py OUT             stubs and the contract with its comments below OUT (the repository: ".")
python scripts/protos.py --image FILE    a FileDescriptorSet with comments and everything imported, for buf
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[1]
SITE = Path(sysconfig.get_path("purelib"))


def compile_protos(*outputs: str) -> int:
    """Run protoc over the contract with the given output flags; returns its exit code."""
    files = sorted(str(path.relative_to(ROOT / "protos")) for path in (ROOT / "protos").rglob("*.proto"))
    includes = [ROOT / "protos", SITE, SITE / "grpc_tools" / "_proto"]
    return int(protoc.main(["protoc", *(f"-I{path}" for path in includes), *outputs, *files]))


def generate(out: Path) -> int:
    """Write the stubs, and the descriptors whose comments the gateway puts into its OpenAPI document."""
    (out / "gateway").mkdir(exist_ok=True)
    return compile_protos(
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
        "--include_source_info",
        f"-o{out / 'gateway' / 'contract.binpb'}",
    )


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("out", nargs="?", type=Path, help="folder that gets the generated files")
    where.add_argument("--image", type=Path, help="file that gets the image")
    arguments = parser.parse_args()
    if arguments.image:
        return compile_protos("--include_imports", "--include_source_info", f"-o{arguments.image}")
    return generate(arguments.out)


if __name__ == "__main__":
    sys.exit(main())
