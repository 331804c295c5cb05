"""Messages as frames of pandas and tables of Arrow, which are extras."""

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from loadcell.client.notebook.records import rows_of

if TYPE_CHECKING:
    import pandas
    import pyarrow


def to_pandas(found: Message | Sequence[Message]) -> "pandas.DataFrame":
    """Return the rows of one or more messages as a frame.

    Raises:
        ModuleNotFoundError: pandas is not installed; the message names the extra.
    """
    return _module("pandas", "pandas").DataFrame.from_records(rows_of(found))


def to_arrow(found: Message | Sequence[Message]) -> "pyarrow.Table":
    """Return the rows of one or more messages as a table.

    Raises:
        ModuleNotFoundError: pyarrow is not installed; the message names the extra.
    """
    return _module("pyarrow", "parquet").Table.from_pylist(rows_of(found))


def _module(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{name} is not installed; it comes with the extra {extra!r}: pip install 'loadcell[{extra}]'",
            name=name,
        ) from error
