"""What the client returns, as notebooks show it and as the frames their readers work with.

rows_of(messages)       rows of plain values, a column for each field
html(messages)          the table a notebook shows
to_pandas, to_arrow     frames; their packages are extras
show_in_notebooks(...)  gives all of these to classes of messages as methods
"""

from loadcell.client.notebook.frames import to_arrow, to_pandas
from loadcell.client.notebook.html import html
from loadcell.client.notebook.methods import show_in_notebooks
from loadcell.client.notebook.records import rows_of
from loadcell.client.notebook.rows import Rows, collect

__all__ = ["Rows", "collect", "html", "rows_of", "show_in_notebooks", "to_arrow", "to_pandas"]
