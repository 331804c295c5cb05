"""Asks the server of a run what it says of itself before and after, and tells those who watch.

Nothing here fails a run: what cannot be had is told, and the comparison stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.dispatch.active import ActiveRun
from controller.dispatch.leases import SECRETS_LOST
from controller.dispatch.scrape import Scrapes
from controller.dispatch.tenure import Tenure
from controller.store.validation import add_step
from loadcell.clock import wall_micros
from loadcell.v1 import agent_pb2, result_pb2, run_pb2

BEFORE, AFTER = "before", "after"
RUNNING, COMPLETED, WARNING, FAILED = "running", "completed", "warning", "failed"


@dataclass(frozen=True, slots=True)
class Validating:
    """The first steps of the comparison of a run with its server; the last ones follow from its result."""

    tenure: Tenure
    scrapes: Scrapes

    async def before(self, run: ActiveRun, agent_ids: Sequence[str]) -> None:
        """Ask the server before the first request of the first level, warm-up included."""
        if run.record.config.HasField("validation_config"):
            await self._tell(
                run, _step("init", RUNNING, "The result will be compared with the server's own metrics.")
            )
            await self._ask(run, BEFORE, agent_ids)

    async def after(self, run: ActiveRun) -> None:
        """Ask the server after the last level, unless that was done before a restart."""
        asked = any(log.step == AFTER for log in run.validation)
        if run.record.config.HasField("validation_config") and not asked:
            await self._ask(run, AFTER, run.agent_ids)

    async def _ask(self, run: ActiveRun, step: str, agent_ids: Sequence[str]) -> None:
        if run.secrets is None:
            found = agent_pb2.ScrapeResult(error=SECRETS_LOST)
        else:
            found = await self.scrapes.ask(
                agent_ids, run.record, run.secrets, given_up=lambda: run.cancel_requested
            )
        if found.error:
            log = _step(step, WARNING, f"The server's metrics could not be read: {found.error}.")
        else:
            log = _step(step, COMPLETED, f"The server's metrics were read {step} the run.")
        await self._tell(run, log, found)

    async def _tell(
        self, run: ActiveRun, log: run_pb2.ValidationLog, figures: agent_pb2.ScrapeResult | None = None
    ) -> None:
        await self.tenure.write(run, lambda c: add_step(c, run.record.run_key, log, figures))
        run.validation.append(log)
        run.changes.publish()


def conclusion(result: result_pb2.RunResult) -> list[run_pb2.ValidationLog]:
    """Return the last steps, from a result; none for a run that is not compared."""
    if not result.HasField("validation"):
        return []
    validation = result.validation
    if not validation.HasField("overall_passed"):
        why = "; ".join(validation.all_warnings) or "there was nothing to compare"
        return [
            _step("validate", WARNING, f"The result could not be judged: {why}."),
            _step("complete", WARNING, "The comparison has ended without a judgement."),
        ]
    steps = [
        _step(
            "validate",
            COMPLETED if one.passed else FAILED,
            f"{one.metric_name}: {one.client_value:.6g} here, {one.server_value:.6g} by the server"
            f" ({one.difference_percent:.2f} %).",
        )
        for one in validation.all_comparisons
    ]
    steps += [_step("validate", WARNING, f"{warning}.") for warning in validation.all_warnings]
    passed = validation.overall_passed
    return [
        *steps,
        _step(
            "complete",
            COMPLETED if passed else FAILED,
            "The result agrees with the server's own metrics."
            if passed
            else "The result does not agree with the server's own metrics.",
        ),
    ]


def _step(step: str, status: str, message: str) -> run_pb2.ValidationLog:
    log = run_pb2.ValidationLog(step=step, status=status, message=message)
    log.timestamp.FromMicroseconds(wall_micros())
    return log
