"""A service is up without what it may never need, and its collector begins once all is there."""

import subprocess
import sys

import pytest

from loadcell.stack.child import search_path
from tests.patience import PATIENCE_SECONDS

OPTIONAL = (
    *("rich.console", "alembic", "jwt", "cryptography", "redis", "httpx", "tokenizers", "psycopg"),
    *("pyarrow", "xlsxwriter", "obstore"),
)
PROGRAM = f"""
import gc, sys
import {{modules}}
import loadcell.quick_start
print([name for name in {OPTIONAL} if name in sys.modules], gc.isenabled())
loadcell.quick_start.all_imported()
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


@pytest.mark.parametrize("modules", ["controller.process", "gateway.process", "agent.process, agent.main"])
def test_only_what_every_start_needs_is_imported_and_the_collector_begins_then(modules: str):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(modules=modules)],
        env=search_path(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout.splitlines(), done.stderr) == (["[] False", "True True"], "")


def test_the_command_line_loads_its_sdk_without_what_would_draw_tracebacks():
    program = "import sys, loadcell.cli.sdk; print('structlog' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=search_path(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "True False\n"
