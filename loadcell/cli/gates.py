"""What commands with gates have in common: the flags, and how the outcomes are told to pipelines."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.failure import EXIT_GATE_MISSED, CommandError
from loadcell.cli.output_file import check_writable, replacing

if TYPE_CHECKING:
    from loadcell.v1 import run_pb2

GateFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="FIGURE:CHANGE",
        help="Exit with 3 when a figure is worse than the base by more than this, such as ttft.p99:+5%,"
        " throughput:-3% or error_rate:+0.5. May be repeated.",
    ),
]
JunitFlag = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the outcomes of the gates as JUnit XML.")
]
GithubFlag = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github",
        help="Print missed gates as annotations of GitHub Actions. Default: where GITHUB_ACTIONS is set.",
    ),
]


def check_junit(junit: Path | None, gates: list[str] | None) -> None:
    """Refuse a file that cannot be written, or that nothing would be in, before anything is asked.

    Raises:
        CommandError: Names the flag.
    """
    if junit is None:
        return
    if not gates:
        raise CommandError(f"--junit {str(junit)!r} needs --gate")
    check_writable(junit, "--junit")


def tell_gates(comparison: "run_pb2.CompareRunsResponse", *, junit: Path | None, github: bool | None) -> None:
    """Tell the outcomes of gates to those who asked for them.

    Raises:
        CommandError: A gate was missed, or the file cannot be written.
    """
    if junit is not None:
        from loadcell.reports.junit import junit as junit_xml  # noqa: PLC0415

        with replacing(junit) as file:
            file.write(junit_xml(comparison))
    if os.environ.get("GITHUB_ACTIONS") == "true" if github is None else github:
        from loadcell.reports.annotations import annotations  # noqa: PLC0415

        for line in annotations(comparison):
            print(line, file=sys.stderr)  # read there as well, and standard output may be a document
    missed = sum(not outcome.passed for outcome in comparison.gates)
    if missed:
        raise CommandError(f"{missed} of {len(comparison.gates)} gates missed", EXIT_GATE_MISSED)
