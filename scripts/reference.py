"""Write the generated parts of docs/: settings, error reasons, methods and routes, metric names, logged events.

Rewrites what stands between the markers of each page; a test compares the pages with `rendered`.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.contract import SERVICES, answered, comments
from gateway.errors import http_status
from gateway.live.lines import Lines
from gateway.live.live import Live, LiveLimits
from gateway.metrics.exporter import make_exporter
from gateway.metrics.http import HttpMetrics
from gateway.metrics.live import LiveMetrics
from gateway.openapi import make_document
from gateway.upstream import Upstream
from loadcell import errors, settings
from loadcell.metric_names import MetricName
from loadcell.settings import Secret
from loadcell.v1 import agent_pb2
from scripts import source_routes
from scripts.log_events import log_events

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ("controller.settings", "agent.settings", "gateway.settings", "loadcell.cli.settings")
METRICS = ("gateway", "controller", "agent")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    titles = list(header)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_classes() -> Iterator[tuple[str, type[Any]]]:
    """Every settings class with the name of its process."""
    for name in SETTINGS:
        for item in vars(importlib.import_module(name)).values():
            if isinstance(item, type) and dataclasses.is_dataclass(item) and item.__module__ == name:
                yield name.removesuffix(".settings"), item


def setting_tables() -> str:
    """One table for each process."""
    parts = []
    for process, cls in settings_classes():
        rows = [
            (
                ", ".join(f"`{name}`" for name in info.names),
                _default(default),
                info.doc + (f" Or `{info.names[0]}_FILE`: a file." if info.hidden else ""),
            )
            for info, default in settings.describe(cls)
        ]
        parts.append(f"## {process}\n\n{table(('variable', 'default', 'meaning'), rows)}")
    return "\n\n".join(parts)


def _default(value: object) -> str:
    if value in (None, "", (), settings.Secret("")):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def error_table() -> str:
    """The error catalog in the order of its numbers."""
    rows = [
        (
            str(row.number),
            f"`{reason}`",
            row.code.name,
            str(http_status(errors.LoadcellError(reason, ""))),
            row.summary,
        )
        for reason, row in sorted(errors.REASONS.items(), key=lambda item: item[1].number)
    ]
    return table(("number", "reason", "gRPC", "HTTP", "meaning"), rows)


def services() -> list[ServiceDescriptor]:
    """Every service the controller answers: those served over HTTP, and that of the agents."""
    return [*SERVICES, *agent_pb2.DESCRIPTOR.services_by_name.values()]


def method_tables() -> str:
    """One table for each gRPC service."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for binding in read_bindings(services()):
        paths[binding.method.full_name].append(f"`{binding.verb} {binding.template.route}`")
    said = comments()
    parts = []
    for service in services():
        rows = [
            (
                f"`{method.name}`" + (" (stream)" if method.client_streaming or method.server_streaming else ""),
                ", ".join(paths[method.full_name]),
                " ".join(said[method.full_name].split()),
            )
            for method in answered(service)
        ]
        parts.append(f"### {service.name}\n\n{table(('method', 'HTTP', 'what it does and how it fails'), rows)}")
    return "\n\n".join(parts)


@cache
def application() -> Starlette:
    """The gateway as it is by default; its routes are looked at, not called."""
    unused = cast("Upstream", None)
    live = Live(unused, Lines(no_line), LiveLimits(connections=1, connections_each=1))
    metrics = HttpMetrics(CollectorRegistry())
    return make_app(read_bindings(SERVICES), unused, metrics, before_others=None, live=live)


def no_line() -> grpc.aio.Channel:
    """Refuse to connect: nothing is called here."""
    raise RuntimeError("the routes are looked at, not called")


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return make_document(read_bindings(SERVICES), application().state.operations, comments())


def plain_routes() -> str:
    """The routes that are no method of the contract."""
    rows = [
        (
            f"`{one.verb} {one.path}`",
            "" if one.calls else "no",
            f"{one.summary.rstrip('.')}. {one.description}".strip(),
        )
        for one in application().state.operations
    ]
    return table(("HTTP", "key", "what it does"), rows)


def served_routes() -> set[str]:
    """Verbs and paths that are served, WebSockets with the verb WS."""
    methods = {f"{binding.verb} {binding.template.documented}" for binding in read_bindings(SERVICES)}
    written = {f"{one.verb} {one.path}" for one in application().state.operations}
    exporter = make_exporter(LiveMetrics(cast("Upstream", None)), CollectorRegistry(), key=Secret(""))
    return methods | written | {f"GET {route.path}" for route in exporter.routes if isinstance(route, Route)}


def source_table() -> str:
    """Every route of the systems whose clients are served here."""
    return table(("system", "route", "here", "what is different"), source_routes.rows(served_routes()))


def metric_tables() -> str:
    """Every metric, one table for each process."""
    parts = []
    for process in METRICS:
        rows = [
            (f"`{metric.name}`", metric.type, ", ".join(f"`{label}`" for label in metric.labels), metric.help)
            for metric in metric_names(process)
        ]
        parts.append(f"## {process}\n\n{table(('name', 'type', 'labels', 'meaning'), rows)}")
    return "\n\n".join(parts)


def metric_names(process: str) -> tuple[MetricName, ...]:
    """Every metric a process can show."""
    found: tuple[MetricName, ...] = importlib.import_module(f"{process}.metrics.names").metric_names()
    return found


def event_table() -> str:
    """Every event that is logged."""
    rows = [
        (
            f"`{event.name}`",
            ", ".join(sorted(event.services)),
            ", ".join(sorted(event.levels)),
            ", ".join([f"`{name}`" for name in sorted(event.fields)] + ["..."] * event.has_more),
        )
        for event in log_events().values()
    ]
    return table(("event", "service", "level", "fields"), rows)


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "settings.md": {"settings": setting_tables},
    "errors.md": {"errors": error_table},
    "api.md": {"methods": method_tables, "routes": plain_routes, "sources": source_table},
    "metrics.md": {"metrics": metric_tables},
    "logs.md": {"events": event_table},
}


def rendered(page: str) -> str:
    """Return the text of a page with its generated parts made anew."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for name, make in PAGES[page].items():
        before, opening, rest = text.partition(f"<!-- generated: {name} -->\n")
        _, closing, after = rest.partition(f"<!-- end: {name} -->")
        if not opening or not closing:
            raise ValueError(f"docs/{page} has no place for the generated part {name!r}")
        text = f"{before}{opening}\n{make()}\n\n{closing}{after}"
    return text


def main() -> None:
    """Rewrite every page that is out of date."""
    for page in PAGES:
        path, text = ROOT / "docs" / page, rendered(page)
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
