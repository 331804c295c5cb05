"""What the runs of a project may take together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2


@dataclass(frozen=True, slots=True)
class Taken:
    """What the runs of a project take."""

    runs: int = 0  # that have not ended
    rate: float = 0.0  # requests per second that their open loops ask for
    agents: int = 0  # that they ask for
    traces: int = 0  # that are stored, with those that are still to come


def taken_by(configs: Iterable[result_pb2.RunConfig], traces: int = 0) -> Taken:
    """Return what runs that have not ended take, with the traces of their project.

    A run takes the highest rate of its levels, which come one after another, and at least one agent.
    """
    runs = list(configs)
    return Taken(
        runs=len(runs),
        rate=sum(max(run.rate, default=0.0) for run in runs),
        agents=sum(run.agent_count or 1 for run in runs),
        traces=traces,
    )


class Quota(NamedTuple):
    """One quota: its limit, 0 for none, and how much is taken; `what` names the unit."""

    name: str
    limit: float
    taken: float
    what: str


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most that the runs of one project take together, see `Taken`; 0: as much as they like."""

    runs: int = 0
    rate: float = 0.0
    agents: int = 0
    traces: int = 0

    def __bool__(self) -> bool:
        return bool(self.runs or self.rate or self.agents or self.traces)

    def each(self, taken: Taken) -> Iterator[Quota]:
        """Yield the quotas with what is taken of them."""
        yield Quota("running_runs", self.runs, taken.runs, "runs at once")
        yield Quota("rate", self.rate, taken.rate, "requests per second")
        yield Quota("agents", self.agents, taken.agents, "agents")
        yield Quota("stored_traces", self.traces, taken.traces, "stored traces")

    def check(self, project_id: str, taken: Taken) -> None:
        """Check what the runs of a project take, with the one that is to be created.

        Raises:
            LoadcellError: QUOTA_EXCEEDED with what they would take and what they may.
        """
        for name, limit, wanted, what in self.each(taken):
            if limit and wanted > limit:
                raise LoadcellError(
                    "QUOTA_EXCEEDED",
                    f"with this run the project {project_id!r} would have {wanted:,.15g} {what},"
                    f" at most {limit:,.15g}",
                    metadata={"quota": name, "limit": f"{limit:.15g}", "asked": f"{wanted:.15g}"},
                )
