"""Tables as the text that a person sees."""

import io

from rich.console import Console


def text_of(renderable: object, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(table: str, name: str) -> list[str]:
    line = next(line for line in map(str.strip, table.splitlines()) if line.startswith(name))
    return line.removeprefix(name).split()
