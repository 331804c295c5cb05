"""How tables are laid out on the terminal."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC

from google.protobuf.timestamp_pb2 import Timestamp
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from loadcell.cli.steering import harmless
from loadcell.figures import ABSENT

VERDICT_STYLE = {"clean": "green", "degraded": "yellow", "client_limited": "red"}
_UNBOUNDED = 10_000


def console(*, stderr: bool = False) -> Console:
    """Return a console; where nobody watches, lines are wide enough for every table."""
    made = _Console(stderr=stderr, highlight=False, markup=False)
    if not made.is_terminal:
        made = _Console(stderr=stderr, highlight=False, markup=False, width=_UNBOUNDED, no_color=True)
    return made


class _Console(Console):
    """Leaves to the command what a closed output means, and is as large as the terminal it writes to.

    It shows texts and carries out none of them.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of something, with the orders of ours alone."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)

    @property
    def size(self) -> ConsoleDimensions:
        """Of this terminal, which standard input need not be, unless COLUMNS says otherwise."""
        if self._width is None:
            with contextlib.suppress(OSError):  # of what is no terminal
                columns, rows = os.get_terminal_size(self.file.fileno())
                if columns and rows:
                    return ConsoleDimensions(columns, rows)
        return super().size

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def new_table(*titles: str, numbers: bool = True, words: Sequence[str] = ()) -> Table:
    """Return a table whose first column, and those with a title in `words`, hold words and the others numbers."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, title in enumerate(titles):
        # Words give way to numbers where the terminal is narrow.
        is_number = numbers and index > 0 and title not in words
        made.add_column(title, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return made


def fits(console: Console, options: ConsoleOptions, *tables: RenderableType) -> bool:
    """Whether the lines are long enough for these tables: a number that is cut is a wrong number."""
    unbounded = options.update(width=_UNBOUNDED)
    return all(Measurement.get(console, unbounded, each).maximum <= options.max_width for each in tables)


class TableOrLines:
    """A table, or lines where the terminal is too narrow for whole numbers."""

    def __init__(self, name: str, titles: Sequence[str], rows: Sequence[tuple[str, Sequence[Text | str]]]) -> None:
        self._name = name
        self._titles = titles
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = new_table(self._name, *self._titles)
        for title, cells in self._rows:
            table.add_row(Text(title), *cells)
        if fits(console, options, table):
            yield table
            return
        yield Text(self._name)
        for title, cells in self._rows:
            yield Text(title)
            for name, cell in zip(self._titles, cells, strict=True):
                if str(cell):
                    yield Text(f"  {name} " if name else "  ") + cell


def styled(word: str, styles: dict[str, str]) -> Text:
    """Return a word in the style that is its own."""
    return Text(word or ABSENT, style=styles.get(word, ""))


def local_time(stamp: Timestamp) -> str:
    """Write a time in the reader's time zone; empty when it is not set."""
    if not stamp.seconds:
        return ABSENT
    return stamp.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
