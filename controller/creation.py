"""Taking in a new run."""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog

from controller.assets import assets_of
from controller.capacity import check_capacity
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.limits import agents_wanted
from controller.dispatch.ownership import OWNER_SECONDS, ownership_clock
from controller.dispatch.placement import usable_agents
from controller.dispatch.selection import ranked
from controller.dispatch.sessions import Sessions
from controller.identifiers import new_run_id
from controller.limits.quotas import Quotas
from controller.load_rules import LoadRules
from controller.plan import RunPlan
from controller.scope import Scope
from controller.store.assets import get_asset, give_asset, hold_asset
from controller.store.database import Connection, Database
from controller.store.ownership import extend_ownership
from controller.store.project_usage import taken_of
from controller.store.projects import get_project
from controller.store.records import AssetRecord, LevelRecord, RunRecord
from controller.store.runs import find_by_request, insert_run
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import recommend_pb2, run_pb2

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_KINDS = {"tokenizer_asset": run_pb2.ASSET_KIND_TOKENIZER, "dataset_asset": run_pb2.ASSET_KIND_DATASET}


async def create_run(
    request: run_pb2.CreateRunRequest | recommend_pb2.CreateRecommendationRequest,
    plan: RunPlan,
    database: Database,
    dispatcher: Dispatcher,
    *,
    scope: Scope,
    quotas: Quotas,
    rules: LoadRules,
) -> run_pb2.CreateRunResponse:
    """Check, store and begin what was planned of a request; a repeat of its request_id returns the first run.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, field request_id; TARGET_DENIED;
            ASSET_NOT_FOUND; CAPACITY_EXCEEDED when enough agents are there and even the best of them cannot make
            the load; LOAD_NOT_ACKNOWLEDGED; QUOTA_EXCEEDED.
    """
    if request.request_id and not _REQUEST_ID.fullmatch(request.request_id):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", "request_id must be 1 to 128 visible ASCII characters", field="request_id"
        )
    project = await database.read(lambda c: get_project(c, plan.config.project_id))
    await rules.apply(plan.config, project)
    await database.read(lambda c: _check_assets(plan, lambda sha256: get_asset(c, sha256, scope)))
    await _check_capacity(plan, request.request_id, database, dispatcher.sessions, scope)
    rules.check_acknowledged(plan.config, acknowledged=request.acknowledge_load)
    if request.validate_only:
        return run_pb2.CreateRunResponse(status="valid")
    record = _record(plan, dispatcher.owner)
    sealed = dispatcher.vault.seal(record.run_id, plan.secrets)
    log.info(
        "benchmark_request_received",
        server_url=record.server_url,
        model=record.model,
        adapter=record.adapter,
        run_id=record.run_id,
    )

    async def begin() -> RunRecord:
        def store(connection: Connection) -> tuple[RunRecord | None, RunRecord | None]:
            _check_assets(plan, lambda sha256: hold_asset(connection, sha256, scope))
            created = insert_run(connection, record, plan.levels, request.request_id or None, sealed)
            if created is not None:
                # Creating one takes a lock, so whoever comes next finds this run when they look.
                _check_quotas(connection, plan.config.project_id, quotas)
                extend_ownership(connection, [created.run_key], dispatcher.owner, OWNER_SECONDS)
                for sha256 in assets_of(plan.config):
                    give_asset(connection, sha256, [plan.config.project_id])
            return created, None if created else find_by_request(connection, request.request_id, scope)

        since = ownership_clock()
        created, earlier = await database.write(store)
        if created is not None:
            levels = [LevelRecord(level, start_micros=0, finished=False) for level in plan.levels]
            dispatcher.drive(dispatcher.add(created, levels, plan.secrets, owned_since=since))
            return created
        if earlier is None:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", "request_id was used for a run of another project", field="request_id"
            )
        if earlier.config.HasField("recommendation") != plan.config.HasField("recommendation"):
            raise LoadcellError(
                "INVALID_FIELD_VALUE", "request_id was used for a run of another kind", field="request_id"
            )
        return earlier

    # A caller who goes away must not leave a stored run that nobody drives, without its secrets.
    run = await dispatcher.to_the_end(begin())
    return run_pb2.CreateRunResponse(run_id=run.run_id, status="started")


def _check_quotas(connection: Connection, project_id: str, default: Quotas) -> None:
    quotas = get_project(connection, project_id).quotas(default)
    if quotas:
        quotas.check(project_id, taken_of(connection, project_id, with_traces=bool(quotas.traces)))


def _record(plan: RunPlan, owner: str) -> RunRecord:
    config = plan.config
    return RunRecord(
        run_key=0,
        run_id=new_run_id(),
        log_request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        state=run_pb2.RUN_STATE_PENDING,
        server_url=config.server_url,
        model=config.model,
        adapter=config.adapter,
        config=config,
        needs_secrets=bool(plan.secrets),
        probed=False,
        pin_output=False,
        words_per_token=1.0,
        created_at=wall_micros(),
        started_at=None,
        completed_at=None,
        error=None,
        notes=(),
        owner=owner,
        owner_expires_at=None,
    )


async def _check_capacity(
    plan: RunPlan, request_id: str, database: Database, sessions: Sessions, scope: Scope
) -> None:
    config = plan.config
    wanted = max(agents_wanted(config, level) for level in plan.levels)
    there = usable_agents(sessions, config.agent_labels)
    if len(there) < wanted:
        return  # who will come is not known; the run is checked again once it has its agents
    try:
        check_capacity(config, plan.levels, ranked(there, mine=(), worker_count=config.worker_count)[:wanted])
    except LoadcellError:
        # A repeat is answered with the run that was created when the agents were others.
        if not request_id or await database.read(lambda c: find_by_request(c, request_id, scope)) is None:
            raise


def _check_assets(plan: RunPlan, find: Callable[[str], AssetRecord | None]) -> None:
    for field, kind in _KINDS.items():
        sha256 = getattr(plan.config, field)
        if not sha256:
            continue
        found = find(sha256)
        if found is None:
            raise LoadcellError("ASSET_NOT_FOUND", f"{field} {sha256} was not uploaded", field=field)
        if found.kind != kind:
            raise LoadcellError("INVALID_FIELD_VALUE", f"{field} {sha256} is a file of another kind", field=field)
