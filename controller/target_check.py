"""Answering whether a run could begin with a target: what the request means, and what the answer says."""

from __future__ import annotations

from typing import Final

import structlog

from controller.access.principal import current_principal
from controller.dispatch.target_checks import TargetChecks
from controller.load_rules import LoadRules
from controller.plan import plan_run
from controller.store.database import Database
from controller.store.projects import get_project
from controller.store.records import AgentRecord
from loadcell.v1 import agent_pb2, result_pb2, run_pb2

log = structlog.get_logger()

REQUEST_SECONDS: Final = 20.0  # deadline of the test request: less than of a check, so that the agent tells of it
_SAME: Final = ("server_url", "model", "adapter", "api_key", "project_id")
_SAME_OPTIONAL: Final = ("stream", "tls_verify")
_SAME_MAPS: Final = ("headers", "agent_labels")
_ADVICE: Final = {
    "TARGET_UNREACHABLE": "See that the server runs, that host and port are right, and that the agent's machine"
    " reaches it.",
    "TARGET_REFUSED": "See what the server said: the API key, the dialect or the path of the URL may be wrong.",
    "TARGET_DENIED": "Choose another target, or have the rules of the agent allow this one (LOADCELL_TARGET_ALLOW,"
    " LOADCELL_TARGET_DENY).",
    "MODEL_NOT_FOUND": "Name a model that the server has.",
    "MODEL_AMBIGUOUS": "Name one of the server's models.",
    "REQUEST_TIMEOUT": "Try again once the server is idle and has loaded its model; a firewall that drops packets"
    " looks the same.",
}
_OTHER_ADVICE: Final = "The log of the agent says more."


async def check_target(
    request: run_pb2.CheckTargetRequest, database: Database, checks: TargetChecks, rules: LoadRules
) -> run_pb2.CheckTargetResponse:
    """Have an agent look at a target and return what it found; a target that will not do is no error.

    Raises:
        LoadcellError: As `plan_run` and `LoadRules.apply`; NO_AGENTS_READY; TOO_MANY_REQUESTS.
    """
    plan = plan_run(_run_of(request))
    config = plan.config
    config.timeout = REQUEST_SECONDS
    project = await database.read(lambda c: get_project(c, config.project_id))
    await rules.apply(config, project)
    agent, found = await checks.look(config, plan.secrets, current_principal().account)
    log.info(
        "target_checked",
        server_url=config.server_url,
        model=found.model or config.model,
        adapter=config.adapter,
        agent_id=agent.agent_id,
        reason=found.error_reason or None,
    )
    return _answer(config, agent, found)


def _run_of(request: run_pb2.CheckTargetRequest) -> run_pb2.CreateRunRequest:
    """Return a run with the target, so that both keep to the same rules."""
    run = run_pb2.CreateRunRequest()
    for name in (*_SAME, *(name for name in _SAME_OPTIONAL if request.HasField(name))):
        setattr(run, name, getattr(request, name))
    for name in _SAME_MAPS:
        getattr(run, name).update(getattr(request, name))
    return run


def _answer(
    config: result_pb2.RunConfig, agent: AgentRecord, found: agent_pb2.ProbeResult
) -> run_pb2.CheckTargetResponse:
    answer = run_pb2.CheckTargetResponse(
        agent_id=agent.agent_id,
        adapter=config.adapter,
        timestamp_source="kernel" if agent.kernel_timestamps else "user",
    )
    if found.error:
        answer.error_reason, answer.error = found.error_reason, found.error
        answer.advice = _ADVICE.get(found.error_reason, _OTHER_ADVICE)
        return answer
    answer.ok, answer.model, answer.pin_output = True, found.model or config.model, found.pin_output
    answer.notes.extend(found.notes)
    return answer
