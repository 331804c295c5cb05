"""Write the generated parts of docs/: settings, error reasons, methods and routes, metric names.

Rewrites what stands between the markers of each page; a test compares the pages with `rendered`.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

from loadcell import errors, settings

ROOT = Path(__file__).resolve().parents[1]
SERVICE, METHOD = 6, 2  # paths of source information in descriptor.proto


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(header), ["---"] * len(list(header)), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_classes() -> Iterator[tuple[ModuleType, type[Any]]]:
    """Every settings class of the services and of the command, with its module."""
    for name in ("controller.settings", "agent.settings", "gateway.settings", "loadcell.cli.settings"):
        module = importlib.import_module(name)
        for item in vars(module).values():
            if isinstance(item, type) and dataclasses.is_dataclass(item) and item.__module__ == name:
                yield module, item


def setting_tables() -> str:
    """One table for each process."""
    parts = []
    for module, cls in settings_classes():
        rows = [
            (
                ", ".join(f"`{name}`" for name in info.names),
                f"`{default}`" if str(default) else "",
                info.doc + (" May be given as a file: `NAME_FILE`." if info.parse is settings.secret else ""),
            )
            for info, default in settings.describe(cls)
        ]
        heading = module.__name__.rpartition(".settings")[0].removeprefix("loadcell.")
        parts.append(f"## {heading}\n\n{table(('variable', 'default', 'meaning'), rows)}")
    return "\n\n".join(parts)


def error_table() -> str:
    """The error catalog in the order of its numbers."""
    rows = [
        (str(row.number), f"`{reason}`", row.code.name, str(http_status(reason)), row.summary)
        for reason, row in sorted(errors.REASONS.items(), key=lambda item: item[1].number)
    ]
    return table(("number", "reason", "gRPC", "HTTP", "meaning"), rows)


def contract() -> list[descriptor_pb2.FileDescriptorProto]:
    """Our files of the contract with their comments."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "contract.binpb"
        subprocess.run([sys.executable, ROOT / "scripts" / "protos.py", "--image", image], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file
    return [file for file in files if file.package == "loadcell.v1"]


def methods() -> Iterator[tuple[str, descriptor_pb2.MethodDescriptorProto, str]]:
    """Service name, method and comment of every method."""
    for file in contract():
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        for s, service in enumerate(file.service):
            for m, method in enumerate(service.method):
                yield service.name, method, comments[SERVICE, s, METHOD, m].strip()


def route(method: descriptor_pb2.MethodDescriptorProto) -> str:
    """HTTP verb and path of a method, or empty."""
    rule = method.options.Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    return f"{verb.upper()} {getattr(rule, verb)}" if verb else ""


def method_tables() -> str:
    """One table for each gRPC service."""
    services: dict[str, list[tuple[str, str, str]]] = {}
    for service, method, comment in methods():
        streams = " (stream)" if method.client_streaming or method.server_streaming else ""
        path = f"`{route(method)}`" if route(method) else ""
        services.setdefault(service, []).append((f"`{method.name}`{streams}", path, " ".join(comment.split())))
    header = ("method", "HTTP", "what it does and how it fails")
    return "\n\n".join(f"### {service}\n\n{table(header, rows)}" for service, rows in services.items())


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "settings.md": {"settings": setting_tables},
    "errors.md": {"errors": error_table},
    "api.md": {"methods": method_tables},
}


def rendered(page: str) -> str:
    """Return the text of a page with its generated parts made anew."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for name, make in PAGES[page].items():
        between = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
        fresh = f"\n{make()}\n\n"
        text, found = between.subn(lambda place, fresh=fresh: place[1] + fresh + place[2], text)
        if found != 1:
            raise SystemExit(f"docs/{page}: {found} places for the generated part {name!r}, expected 1")
    return text


def main() -> None:
    """Rewrite every page that is out of date."""
    for page in PAGES:
        path, text = ROOT / "docs" / page, rendered(page)
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
