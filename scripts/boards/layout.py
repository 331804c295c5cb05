"""How a board is put together: rows of panels, choices at the top, links to the other boards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from scripts.boards.panels import DATA_SOURCE, Panel

_TAG = "loadcell"


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen at the top of a board: all at first, several at once.

    Attributes:
        name: How queries call it.
        label: What stands beside it.
        series: Whose values of `of` can be chosen.
        of: The label.
    """

    name: str
    label: str
    series: str
    of: str

    def variable(self) -> builders.QueryVariable:
        """Return it as Grafana has it."""
        everything = VariableOption(selected=True, text=["All"], value=["$__all"])
        return (
            builders.QueryVariable(self.name)
            .label(self.label)
            .datasource(DATA_SOURCE)
            .query({"qryType": 1, "query": f"label_values({self.series}, {self.of})", "refId": self.name})
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(everything)
        )


GATEWAY = Choice("gateway", "Gateway", 'up{job="loadcell-gateway"}', "instance")
CONTROLLER = Choice("controller", "Controller", 'up{job="loadcell-controller"}', "instance")
AGENT = Choice("agent", "Agent", 'up{job="loadcell-agent"}', "instance")
RUN = Choice("run", "Run", "loadcell_run_info", "run_id")

# What each query begins with: the chosen processes of one kind.
OF_GATEWAY = 'job="loadcell-gateway",instance=~"$gateway"'
OF_CONTROLLER = 'job="loadcell-controller",instance=~"$controller"'
OF_AGENT = 'job="loadcell-agent",instance=~"$agent"'
OF_RUN = 'job="loadcell-gateway",run_id=~"$run"'


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, laid out from left to right."""

    title: str
    panels: tuple[Panel, ...]


def board(
    uid: str,
    title: str,
    description: str,
    *rows: Row,
    choices: Iterable[Choice] = (),
    refresh: str = "30s",
    since: str = "now-1h",
) -> Dashboard:
    """Return a board; its panels are numbered in their order."""
    made = (
        builders.Dashboard(f"loadcell: {title}")
        .uid(f"loadcell-{uid}")
        .description(description)
        .tags([_TAG])
        .timezone("browser")
        .readonly()
        .refresh(refresh)
        .time(since, "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            builders.DashboardLink("loadcell")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([_TAG])
            .as_dropdown(True)
            .keep_time(True)
        )
    )
    for choice in choices:
        made.with_variable(choice.variable())
    for row in rows:
        made.with_row(builders.Row(row.title))
        for panel in row.panels:
            made.with_panel(panel)
    finished = made.build()
    for number, placed in enumerate(finished.panels or [], start=1):
        placed.id_val = number
    return finished
