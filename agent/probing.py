"""Runs probes beside everything else and turns what they meet into results."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import replace

import structlog

from agent.assets import Assets
from agent.prompts.errors import PromptError
from agent.worker.messages import Workload
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import agent_pb2

log = structlog.get_logger()


class Probing:
    """The probes of this agent.

    Args:
        assets: Where tokenizers and datasets come from.
        guard: What may be a target for any run.
    """

    def __init__(self, assets: Assets, guard: TargetGuard) -> None:
        self._assets = assets
        self._guard = guard
        self._tasks: set[asyncio.Task[agent_pb2.ProbeResult]] = set()

    async def load(self) -> None:
        """Import what probes need: an HTTP client is slow to import, and agents must be ready at once."""
        await asyncio.to_thread(importlib.import_module, "agent.probe")

    def start(self, probe: agent_pb2.Probe) -> asyncio.Task[agent_pb2.ProbeResult]:
        """Return the running probe; it never fails, its result tells."""
        task = asyncio.get_running_loop().create_task(self._run(probe))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what is running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, probe: agent_pb2.Probe) -> agent_pb2.ProbeResult:
        from agent.probe import probe_target  # noqa: PLC0415  see load

        try:
            workload = Workload(
                input_len=probe.workload.input_len,
                output_len=probe.workload.output_len,
                seed=probe.workload.seed,
                words_per_token=1.0,
                tokenizer_path=await self._assets.fetch(probe.workload.tokenizer_asset),
                dataset_path=await self._assets.fetch(probe.workload.dataset_asset),
            )
            guard = replace(self._guard, project=parse_rules(probe.target.allowed_targets))
            result = await probe_target(probe.target, workload, guard)
        except LoadcellError as error:
            result = agent_pb2.ProbeResult(error=error.message, error_reason=error.reason)
        except PromptError as error:
            reason = "MALFORMED_DATASET" if probe.workload.dataset_asset else "INVALID_FIELD_VALUE"
            result = agent_pb2.ProbeResult(error=str(error), error_reason=reason)
        except Exception as error:
            log.exception("probe_failed")
            result = agent_pb2.ProbeResult(
                error=f"internal error of the agent: {error!r}", error_reason="INTERNAL_SERVER_ERROR"
            )
        result.probe_id = probe.probe_id
        log.info("target_probed", model=result.model, error=result.error or None)
        return result
