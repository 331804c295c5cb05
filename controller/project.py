"""What is set for one project: where its load may be aimed, and how much its runs may take. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from controller.limits.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Project:
    """What is set for a project.

    `allowed_targets` are rules as settings write them, "" for every target that agents and controllers permit. A
    quota of None is that of the controller's settings, one of 0 is none. Instants are microseconds since 1970 UTC.
    """

    project_id: str
    allowed_targets: str = ""
    quota_running_runs: int | None = None
    quota_rate: float | None = None
    quota_agents: int | None = None
    quota_stored_traces: int | None = None
    updated_at: int | None = None
    updated_by: str = ""

    def quotas(self, default: Quotas) -> Quotas:
        """Return the quotas in force."""
        return Quotas(
            default.runs if self.quota_running_runs is None else self.quota_running_runs,
            default.rate if self.quota_rate is None else self.quota_rate,
            default.agents if self.quota_agents is None else self.quota_agents,
            default.traces if self.quota_stored_traces is None else self.quota_stored_traces,
        )
