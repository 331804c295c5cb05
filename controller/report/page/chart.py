"""Charts as SVG that stands in the page: no script makes them, so they print and open at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from controller.report.page.elements import Markup, element
from controller.report.page.scale import Scale, tick_text

COLOURS = 10  # series of one chart that can be told apart
_WIDTH, _HEIGHT = 640.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 16.0, 14.0, 46.0
_MOST_DOTS = 40  # of a line: more of them hide it


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a series; without `y` the line is broken there.

    Attributes:
        x: Where it stands.
        y: How high.
        name: What is said when it is pointed at, and beside it where `shown`.
        shown: Whether the name is written.
    """

    x: float
    y: float | None
    name: str = ""
    shown: bool = False

    @property
    def height(self) -> float | None:
        """Return y where it is a number."""
        return self.y if self.y is not None and math.isfinite(self.y) else None


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart. `colour` is from 0; lines of one thing have one colour and differ in being `dashed`."""

    name: str
    points: Sequence[Point]
    colour: int
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn.

    Attributes:
        title: What it shows.
        x_title: What is on the horizontal axis, with its unit.
        y_title: The same of the vertical one.
        x: The horizontal axis.
        y: The vertical one.
        series: The lines; those without a single point are left out.
        x_names: Names of places on the horizontal axis instead of its ticks.
        marks: Values on the horizontal axis at which there is a vertical line, with what is said of it.
        note: What must be known to read it.
    """

    title: str
    x_title: str
    y_title: str
    x: Scale
    y: Scale
    series: Sequence[Series]
    x_names: Sequence[tuple[float, str]] = ()
    marks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    note: str = ""


def draw(chart: Chart) -> Markup:
    """Return a chart with its legend; nothing where there is nothing to draw."""
    drawn = [one for one in chart.series if any(point.height is not None for point in one.points)]
    if not drawn:
        return Markup()
    picture = element(
        "svg",
        *_grid(chart),
        *_marks(chart),
        *(part for one in drawn for part in _line(chart, one)),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        role="img",
        aria_label=f"{chart.title}: {chart.y_title} by {chart.x_title}",
    )
    legend = element("ul", *(_legend(one) for one in drawn), class_="legend")
    note = element("p", chart.note, class_="note") if chart.note else Markup()
    return element("figure", element("figcaption", chart.title), picture, legend, note)


def _across(chart: Chart, value: float) -> float:
    return _LEFT + chart.x.share(value) * (_WIDTH - _LEFT - _RIGHT)


def _up(chart: Chart, value: float) -> float:
    return _HEIGHT - _BOTTOM - chart.y.share(value) * (_HEIGHT - _TOP - _BOTTOM)


def _grid(chart: Chart) -> Iterator[Markup]:
    for tick in chart.y.ticks:
        height = _up(chart, tick)
        yield element("path", d=f"M{_LEFT:g} {height:.1f}H{_WIDTH - _RIGHT:g}", class_="grid")
        yield element("text", tick_text(tick), x=_LEFT - 6, y=height + 4, class_="end")
    for value, name in chart.x_names or [(tick, tick_text(tick)) for tick in chart.x.ticks]:
        yield element("text", name, x=_across(chart, value), y=_HEIGHT - _BOTTOM + 16, class_="middle")
    yield element("path", d=f"M{_LEFT:g} {_TOP:g}V{_HEIGHT - _BOTTOM:g}H{_WIDTH - _RIGHT:g}", class_="axis")
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    yield element("text", chart.x_title, x=middle, y=_HEIGHT - 8, class_="middle title")
    down = _TOP + (_HEIGHT - _TOP - _BOTTOM) / 2
    yield element("text", chart.y_title, transform=f"translate(14 {down:g}) rotate(-90)", class_="middle title")


def _marks(chart: Chart) -> Iterator[Markup]:
    for value, name in chart.marks:
        place = _across(chart, value)
        line = element(
            "path", element("title", name), d=f"M{place:.1f} {_TOP:g}V{_HEIGHT - _BOTTOM:g}", class_="mark"
        )
        yield line
        yield element("text", name, x=place + 3, y=_TOP + 8)


def _line(chart: Chart, series: Series) -> Iterator[Markup]:
    colour = f"s{series.colour % COLOURS}"
    parts, broken = [], True
    for point in series.points:
        if point.height is None:
            broken = True
            continue
        parts.append(f"{'M' if broken else 'L'}{_across(chart, point.x):.1f} {_up(chart, point.height):.1f}")
        broken = False
    yield element("path", d="".join(parts), class_=f"line {colour}{' dashed' if series.dashed else ''}")
    if len(parts) > _MOST_DOTS:
        return
    for point in series.points:
        if point.height is None:
            continue
        across, height = _across(chart, point.x), _up(chart, point.height)
        said = f"{series.name}, {point.name or tick_text(point.x)}: {point.height:,.2f}"
        yield element("circle", element("title", said), cx=across, cy=height, r=3.5, class_=f"dot {colour}")
        if point.shown and point.name:
            late = across > _WIDTH * 0.8
            yield element(
                "text", point.name, x=across + (-7 if late else 7), y=height - 6, class_="end" if late else None
            )


def _legend(series: Series) -> Markup:
    key = element(
        "svg",
        element(
            "path", d="M0 5H22", class_=f"line s{series.colour % COLOURS}{' dashed' if series.dashed else ''}"
        ),
        viewBox="0 0 22 10",
        class_="key",
        aria_hidden="true",
    )
    return element("li", key, series.name)
