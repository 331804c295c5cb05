"""`loadcell runs timeline`: what happened in each second of a run."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.runs import ControllerFlag, DatabaseFlag, JsonFlag, RunId, ask

if TYPE_CHECKING:
    from rich.console import RenderableType

    from loadcell.client import Client
    from loadcell.v1 import run_pb2

_PAGE = 3_600
_TITLES = ("due", "sent", "ok", "failed", "in flight", "tokens", "TTFT p50 ms", "p95", "E2E p50 ms", "p95")


def show_timeline(
    *,
    run_id: RunId,
    level: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Only this level, counted from 0.")
    ] = None,
    offset: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seconds to skip.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most seconds to show.")] = _PAGE,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Show what happened in each second of a run."""

    async def question(client: "Client") -> None:
        from contextlib import aclosing  # noqa: PLC0415

        from loadcell.cli import json_output, layout  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        points: list[run_pb2.TimelinePoint] = []
        found = client.timeline(run_id, level=level, offset_seconds=offset, page_size=min(limit, _PAGE))
        async with aclosing(found):
            async for point in found:
                points.append(point)
                if len(points) == limit:
                    break
        if as_json:
            found_points = {"run_id": run_id, "points": [render(point) for point in points]}
            json_output.print_document(json_output.document_of(found_points))
        else:
            layout.console().print(*timeline_tables(points), sep="")

    return ask(controller, database, question)


def timeline_tables(points: Sequence["run_pb2.TimelinePoint"]) -> Iterator["RenderableType"]:
    """Yield a table for each level, with a line for each second."""
    from itertools import groupby  # noqa: PLC0415

    from loadcell.cli.layout import TableOrLines  # noqa: PLC0415

    for level, of_level in groupby(points, lambda point: point.level):
        yield TableOrLines(f"level {level}", _TITLES, [(f"{p.second} s", _cells(p)) for p in of_level])


def _cells(point: "run_pb2.TimelinePoint") -> Sequence[str]:
    from loadcell.figures import milliseconds  # noqa: PLC0415

    latencies = (
        milliseconds(getattr(latency, name) if latency.HasField(name) else None)
        for latency in (point.ttft, point.e2e)
        for name in ("p50", "p95")
    )
    counts = (
        point.due_count,
        point.sent_count,
        point.success_count,
        point.error_count,
        point.in_flight,
        point.output_tokens,
    )
    return [f"{count:,}" for count in counts] + list(latencies)
