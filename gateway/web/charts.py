"""The script that draws charts: it ships with the Python package plotly, none of whose code is imported."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_OWN_SHEET: Final = re.compile(rb'document\.getElementById\("([0-9a-f]{64})"\)')


def script_path() -> Path:
    """Return where the script lies.

    Raises:
        ModuleNotFoundError: The package is not installed, or has no script where it used to.
    """
    spec = find_spec("plotly")  # imports nothing, which would take a second
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, "package_data", "plotly.min.js")
        if path.is_file():
            return path
    raise ModuleNotFoundError("plotly with its plotly.min.js is not installed; install loadcell[gateway]")


@dataclass(frozen=True, slots=True)
class ChartScript:
    """What the document says of the script: a word of its address that its content gives, and its own sheets.

    Of these it makes an element each unless there is one with their identifier. They are of maps, which are not
    drawn here, and would need a policy that lets styles in.
    """

    digest: str
    sheets: tuple[str, ...]


def read_script() -> bytes:
    """Return the script in ASCII: for one character beyond Latin-1 browsers keep it in twice the memory."""
    return script_path().read_text(encoding="utf-8").encode("ascii", "backslashreplace")


@lru_cache(maxsize=1)
def chart_script() -> ChartScript:
    """Look into the script, once."""
    content = read_script()
    sheets = tuple(found.decode() for found in _OWN_SHEET.findall(content))
    return ChartScript(hashlib.sha256(content).hexdigest()[:16], sheets)
