"""Renders one run or several as a page that stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.report.page.comparison_parts import comparison_parts
from controller.report.page.elements import Markup, element, joined, section
from controller.report.page.run_parts import run_parts
from controller.report.page.style import STYLE
from controller.report.page.words import DEFINITIONS
from controller.report.shown import ShownRun
from loadcell.v1 import run_pb2

# Even if something were to slip through, a browser would neither load nor execute it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_page(runs: Sequence[ShownRun], comparison: run_pb2.CompareRunsResponse | None = None) -> bytes:
    """Return a page in UTF-8; with a comparison it begins with that.

    The same runs make the same page. Figures have two decimals, missing ones are a dash.

    Args:
        runs: One or several.
        comparison: Of these runs, where there are several.
    """
    title = f"loadcell {runs[0].result.run_id}" if len(runs) == 1 else f"loadcell: {len(runs)} runs"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    body = element("body", element("h1", title), *_parts(runs, comparison))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n".encode()


def _parts(runs: Sequence[ShownRun], comparison: run_pb2.CompareRunsResponse | None) -> Iterator[Markup]:
    if comparison is not None:
        yield from comparison_parts(runs, comparison)
    for number, run in enumerate(runs, 1):
        if len(runs) > 1:
            yield element("h1", f"Run {number}: {run.result.run_id}")
        yield from run_parts(run)
    words = [part for word, text in DEFINITIONS.items() for part in (element("dt", word), element("dd", text))]
    yield section("What the figures mean", element("dl", *words))
    versions = sorted({run.result.loadcell_version for run in runs})
    yield element("footer", joined([f"Measured by loadcell {', '.join(versions)}."]))
