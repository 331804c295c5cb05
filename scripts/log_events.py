"""Every event that the processes log, read from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVICES = {"controller": "controller", "agent": "agent", "gateway": "gateway", "loadcell": "all"}
_LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
_LOGGERS = frozenset({"log", "_log"})
_NO_SERVICE = frozenset({"cli", "v1"})


class UnnamedEventError(Exception):
    """A line is logged whose event is not written where it is logged."""


@dataclass
class LogEvent:
    """What may stand on the lines of one event."""

    name: str
    services: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    has_more: bool = False
    """Whether there are fields whose names depend on the case."""


@cache
def log_events() -> dict[str, LogEvent]:
    """Return the events by name, in its order.

    Raises:
        UnnamedEventError: An event has no literal name.
    """
    found: dict[str, LogEvent] = {}
    for package, service in SERVICES.items():
        for path in sorted((ROOT / package).rglob("*.py")):
            if _NO_SERVICE.isdisjoint(path.relative_to(ROOT).parts):
                for call, levels in _calls(ast.parse(path.read_text(encoding="utf-8"))):
                    for name in _names(call, path):
                        _add(found.setdefault(name, LogEvent(name)), service, levels, call)
    return dict(sorted(found.items()))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, set[str]]]:
    """Yield what logs, with its levels: methods of loggers, and names given to a choice between two of them."""
    chosen: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
            levels = {_level(node.value.body), _level(node.value.orelse)} - {""}
            chosen |= {target.id: levels for target in node.targets if isinstance(target, ast.Name) and levels}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in chosen:
                yield node, chosen[node.func.id]
            elif level := _level(node.func):
                yield node, {level}


def _level(expression: ast.expr) -> str:
    """Return the level of the lines that a method of a logger writes; of anything else nothing."""
    if not isinstance(expression, ast.Attribute) or expression.attr not in _LEVELS:
        return ""
    of = expression.value
    name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
    return _LEVELS[expression.attr] if name in _LOGGERS or ast.unparse(of) == "structlog.get_logger()" else ""


def _names(call: ast.Call, path: Path) -> list[str]:
    said = call.args[0] if call.args else None
    both = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
    names = [one.value for one in both if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if len(names) != len(both):
        raise UnnamedEventError(f"{path.relative_to(ROOT)}:{call.lineno}: the event has no literal name")
    return names


def _add(event: LogEvent, service: str, levels: set[str], call: ast.Call) -> None:
    event.services.add(service)
    event.levels |= levels
    event.fields |= {keyword.arg for keyword in call.keywords if keyword.arg not in (None, "exc_info")}
    event.has_more = event.has_more or any(keyword.arg is None for keyword in call.keywords)
