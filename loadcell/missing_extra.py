"""Imported first by every entry point: says in one line what to install where a dependency is missing.

Each process installs only its extra, so who installed one and starts another is told so, instead of a traceback.
"""

import sys
from pathlib import Path
from types import TracebackType

_SERVICES = ("controller", "agent", "gateway")
_COMMAND_LINE = ("typer", "rich")
_OURS = (*_SERVICES, "loadcell")


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None or missing.partition(".")[0] in _OURS:
        sys.__excepthook__(kind, error, trace)
        return
    started = Path(sys.argv[0])
    # Of `python -m agent` the program is agent/__main__.py.
    name = started.parent.name if started.name == "__main__.py" else started.name
    extra = name if name in _SERVICES else "cli" if missing in _COMMAND_LINE else "all"
    print(  # noqa: T201 - the one line for the user
        f"{name}: the Python package with the module {missing} is not installed here;"
        f" install loadcell[{extra}] (docs/install.md)",
        file=sys.stderr,
    )


sys.excepthook = _tell
