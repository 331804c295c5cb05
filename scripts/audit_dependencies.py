"""Ask a public service for known vulnerabilities of what is installed; say so where it cannot be asked.

Usage: audit_dependencies.py. PIP_AUDIT_VULNERABILITY_SERVICE names another service than that of the Python index.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from typing import Any

_SKIPPED = "SKIPPED: known vulnerabilities of dependencies (pip-audit):"
_PROBE = "grpcio"  # asked for alone first: where the service does not know this one, it is none
_SECONDS = 300

Report = list[dict[str, Any]]


def ask(*arguments: str) -> Report | str:
    """Return what pip-audit found of each dependency, or why it found nothing out."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--timeout=5"]
    try:
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        report: Report = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"no answer in {_SECONDS} s"
    except (ValueError, KeyError):
        return (done.stderr.strip().splitlines() or ["it has ended without a word"])[-1]
    return report


def judge(report: Report | str) -> tuple[int, str]:
    """Return the exit code and what to say: 1 for a vulnerability, 0 without one and where nobody can tell."""
    if isinstance(report, str):
        return 0, f"{_SKIPPED} {report}"
    known = [one for one in report if "vulns" in one]
    if not known:
        why = report[0]["skip_reason"] if report else "nothing is installed"
        return 0, f"{_SKIPPED} {why}"
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']},"
        f" fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for one in known
        for vulnerability in one["vulns"]
    ]
    if found:
        return 1, "\n".join(["Known vulnerabilities:", *found])
    rest = sorted(one["name"] for one in report if "vulns" not in one)
    unknown = f"; SKIPPED, for they are not known there: {', '.join(rest)}" if rest else ""
    return 0, f"pip-audit: no known vulnerabilities in {len(known)} dependencies{unknown}"


def main() -> int:
    """Print what is found and return the exit code."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
        one.write(f"{_PROBE}=={version(_PROBE)}\n")
        one.flush()
        report = ask("--requirement", one.name, "--no-deps", "--disable-pip")
    if not isinstance(report, str) and any("vulns" in one for one in report):
        report = ask("--local", "--skip-editable")
    code, text = judge(report)
    print(text)  # noqa: T201 - a command prints
    return code


if __name__ == "__main__":
    sys.exit(main())
