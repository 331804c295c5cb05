"""Methods for generated messages, whose classes protoc writes and nobody can derive from."""

from google.protobuf.message import Message

from loadcell.client.notebook.frames import to_arrow, to_pandas
from loadcell.client.notebook.html import html


def show_in_notebooks(*kinds: type[Message]) -> None:
    """Give classes of messages what notebooks look for; who checks types calls the functions instead."""
    for kind in kinds:
        for name, function in (("_repr_html_", html), ("to_pandas", to_pandas), ("to_arrow", to_arrow)):
            setattr(kind, name, function)
