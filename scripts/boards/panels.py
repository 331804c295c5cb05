"""How panels look: a graph, a number and a table, each with a description, a unit and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATA_SOURCE = DataSourceRef(type_val="prometheus", uid="loadcell-prometheus")
HALF, THIRD, QUARTER, WHOLE = 12, 8, 6, 24
_GOOD, _WARNING, _BAD = "green", "orange", "red"

Panel = timeseries.Panel | stat.Panel | table.Panel
P = TypeVar("P", timeseries.Panel, stat.Panel, table.Panel)
Unit = Literal["none", "short", "s", "bytes", "percentunit", "reqps", "cps", "ops", "currencyUSD"]


@dataclass(frozen=True, slots=True)
class Query:
    """What a panel asks.

    Attributes:
        expr: PromQL; $__rate_interval and $__range are Grafana's.
        legend: What a series is called, with its labels in {{}}.
        exemplars: Whether single requests are shown beside, with their ids.
    """

    expr: str
    legend: str
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a value is worth a look, and from where on it is bad: the thresholds of the alerts.

    Attributes:
        warning: First value that is worth a look.
        critical: First value that is bad.
        low: Whether low values are the bad ones: those below the limits.
    """

    warning: float | None = None
    critical: float | None = None
    low: bool = False

    def steps(self) -> list[Threshold]:
        """Return them as Grafana has them: colours from a value upwards, the first from the bottom."""
        marks = [(value, colour) for value, colour in self._marks() if value is not None]
        if not self.low:
            return [Threshold(None, _GOOD), *(Threshold(value, colour) for value, colour in marks)]
        colours = [colour for _, colour in marks] + [_GOOD]
        starts = [None, *(value for value, _ in marks)]
        return [Threshold(value, colour) for value, colour in zip(starts, colours, strict=True)]

    def _marks(self) -> list[tuple[float | None, str]]:
        marks = [(self.warning, _WARNING), (self.critical, _BAD)]
        return marks[::-1] if self.low else marks


NONE = Limits()


def graph(
    title: str,
    description: str,
    unit: Unit,
    *queries: Query,
    limits: Limits = NONE,
    width: int = HALF,
    stacked: bool = False,
) -> timeseries.Panel:
    """Return lines over time; limits are drawn as dashed lines."""
    dashed = common.GraphThresholdsStyleMode.OFF if limits == NONE else common.GraphThresholdsStyleMode.DASHED
    stacking = common.StackingMode.NORMAL if stacked else common.StackingMode.NONE
    panel = (
        timeseries.Panel()
        .unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(common.VisibilityMode.NEVER)
        .stacking(builders.StackingConfig().mode(stacking))
        .thresholds_style(builders.GraphThresholdsStyleConfig().mode(dashed))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            builders.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .calcs(["mean", "max", "lastNotNull"])
        )
        .tooltip(
            builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
    )
    for number, query in enumerate(queries):
        panel.with_target(_target(query, number).range().exemplar(query.exemplars))
    return _framed(panel, title, description, limits, width=width, height=8)


def number(
    title: str,
    description: str,
    unit: Unit,
    query: Query,
    *,
    limits: Limits = NONE,
    width: int = QUARTER,
) -> stat.Panel:
    """Return the last value in large, coloured by its limits, over a line of what it was."""
    panel = (
        stat.Panel()
        .unit(unit)
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
        .reduce_options(builders.ReduceDataOptions().values(False).calcs(["lastNotNull"]))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .no_value("none")
        .with_target(_target(query, 0).range())
    )
    return _framed(panel, title, description, limits, width=width, height=4)


def listing(title: str, description: str, query: Query, *, hidden: tuple[str, ...] = ()) -> table.Panel:
    """Return a table of what there is now, a row for each series and a column for each label."""
    shown = DataTransformerConfig(
        id_val="organize", options={"excludeByName": dict.fromkeys(("Time", "Value", "__name__", *hidden), True)}
    )
    target = _target(query, 0).instant().format(PromQueryFormat.TABLE)
    panel = table.Panel().unit("none").with_transformation(shown).with_target(target)
    return _framed(panel, title, description, NONE, width=WHOLE, height=8)


def _target(query: Query, number: int) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .datasource(DATA_SOURCE)
        .expr(query.expr)
        .legend_format(query.legend)
        .ref_id(chr(ord("A") + number))
    )


def _framed(panel: P, title: str, description: str, limits: Limits, *, width: int, height: int) -> P:
    """Give a panel what each has."""
    steps = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(limits.steps())
    framed = panel.title(title).description(description).datasource(DATA_SOURCE)
    return framed.span(width).height(height).thresholds(steps)
