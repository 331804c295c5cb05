"""Paths of google.api.http annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_END = 9  # after every kind of segment
_NAME = re.compile(r"([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)(=\*\*|=\*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """A path with variables, each a dotted field of the request.

    `documented` is the path as OpenAPI writes it, `route` as Starlette does: there the dots of a name are doubled
    underscores, and a variable that spans segments ({name=**}) has the converter `path`.
    """

    documented: str
    route: str
    fields: tuple[str, ...]

    @property
    def precedence(self) -> tuple[tuple[int, str], ...]:
        """Sort key: where two templates match one path, the one with the earlier literal segment comes first.

        A variable that spans segments also matches what stands behind it in a longer template: that comes first.
        """
        kinds = ((segment.count("{") + segment.count(":path}"), segment) for segment in self.route.split("/"))
        return (*kinds, (_END, ""))

    def values(self, path_params: dict[str, str]) -> list[tuple[str, str]]:
        """Return what Starlette matched, by the fields of the request."""
        return [(field, path_params[_parameter(field)]) for field in self.fields]


def parse_template(text: str) -> Template:
    """Read a template of literal segments, {field}, {field=*} and {field=**}.

    Raises:
        ValueError: the template does not start with a slash or has another kind of variable.
    """
    if not text.startswith("/"):
        raise ValueError(f"{text!r} does not start with /")
    fields: list[str] = []

    def route(match: re.Match[str]) -> str:
        variable = _NAME.fullmatch(match[1])
        if variable is None:
            raise ValueError(f"{text!r}: the variable {match[0]} is not supported")
        fields.append(variable[1])
        return f"{{{_parameter(variable[1])}{':path' if variable[2] == '=**' else ''}}}"

    routed = _VARIABLE.sub(route, text)
    documented = _VARIABLE.sub(lambda match: f"{{{match[1].partition('=')[0]}}}", text)
    return Template(documented, routed, tuple(fields))


def _parameter(field: str) -> str:
    return field.replace(".", "__")
