"""Lists of messages that notebooks show as tables."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import Message

from loadcell.client.notebook.frames import to_arrow, to_pandas
from loadcell.client.notebook.html import html

if TYPE_CHECKING:
    import pandas
    import pyarrow

M = TypeVar("M", bound=Message)


class Rows(list[M]):
    """A list of messages of one kind, shown as a table."""

    def _repr_html_(self) -> str:
        return html(self)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the rows as a frame of pandas (the extra `pandas`)."""
        return to_pandas(self)

    def to_arrow(self) -> "pyarrow.Table":
        """Return the rows as a table of Arrow (the extra `parquet`)."""
        return to_arrow(self)


async def collect(found: AsyncGenerator[M, None], *, limit: int = 1_000) -> Rows[M]:
    """Return the first messages that a method of the client yields.

    Args:
        found: What it yields, such as `client.traces(run_id=...)`.
        limit: Most messages.
    """
    rows: Rows[M] = Rows()
    async with aclosing(found):
        while len(rows) < limit and (message := await anext(found, None)) is not None:
            rows.append(message)
    return rows
