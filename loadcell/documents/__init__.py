"""Messages of the contract as JSON documents, and back.

    render(message)                  a dict for orjson: what HTTP answers, result files and `--json` show
    parse(message_class, data)       the strict way back: unknown fields and wrong types are refused by name
    parse_query(message_class, ...)  the same for the texts of a query string or a path
    read_paths(texts, message)       which parts of a document are wanted
    load(body)                       bytes to data; a key given twice is refused
    check_free_form(value, path)     refuses what clients made up and nothing can carry

Names are those of the .proto files. 64-bit integers are JSON numbers, timestamps are RFC 3339 in UTC with
microseconds, enums are lower-case words without their prefix. Fields marked debug_redact are secrets: they can be
parsed and are never rendered.
"""

from loadcell.documents.enums import words as enum_words
from loadcell.documents.free_form import MAX_NESTING, check_free_form, nesting
from loadcell.documents.query import parse_query, query_values
from loadcell.documents.reader import kind_of, parse
from loadcell.documents.selection import EVERYTHING, Wanted, has_keys, known_names, read_paths
from loadcell.documents.text import load
from loadcell.documents.writer import is_non_empty, is_nullable, is_secret, render

__all__ = [
    "EVERYTHING",
    "MAX_NESTING",
    "Wanted",
    "check_free_form",
    "enum_words",
    "has_keys",
    "is_non_empty",
    "is_nullable",
    "is_secret",
    "kind_of",
    "known_names",
    "load",
    "nesting",
    "parse",
    "parse_query",
    "query_values",
    "read_paths",
    "render",
]
