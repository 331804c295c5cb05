"""What the runs of a project may take together. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most that the runs of one project that have not ended take together; 0: as much as they like."""

    runs: int = 0
    rate: float = 0.0  # requests per second that open loops ask for
    agents: int = 0

    def __bool__(self) -> bool:
        return bool(self.runs or self.rate or self.agents)

    def check(self, project_id: str, configs: Iterable[result_pb2.RunConfig]) -> None:
        """Check the runs of a project, with the one that is to be created.

        A run takes the highest rate of its levels, which come one after another, and the agents it asks for.

        Raises:
            LoadcellError: QUOTA_EXCEEDED with what they would take and what they may.
        """
        runs = list(configs)
        for name, limit, taken, what in (
            ("running_runs", self.runs, len(runs), "runs at once"),
            ("rate", self.rate, sum(max(run.rate, default=0.0) for run in runs), "requests per second"),
            ("agents", self.agents, sum(run.agent_count or 1 for run in runs), "agents"),
        ):
            if limit and taken > limit:
                raise LoadcellError(
                    "QUOTA_EXCEEDED",
                    f"with this run the project {project_id!r} would have {taken:,g} {what}, at most {limit:,g}",
                    metadata={"quota": name, "limit": f"{limit:g}", "asked": f"{taken:g}"},
                )
