"""The controller put together, in one place."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry, start_http_server

from controller.access.authenticator import Authenticator
from controller.access.issuing import Issuer, Lifetimes
from controller.access.jwt_keys import key_source
from controller.access.tokens import AccessTokens, TokenRules
from controller.admission import Admissions
from controller.budget_watch import BudgetWatch
from controller.cache.cache import Cache
from controller.cache.where import keeping_place, open_link, prefix_of
from controller.dispatch.conversation import Conversation
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Sessions
from controller.events.hub import Events
from controller.exports.runner import Exports
from controller.exports.where import open_place
from controller.interceptors.access import access
from controller.interceptors.around import Around, Interceptor
from controller.interceptors.audit import audit
from controller.interceptors.errors import errors
from controller.interceptors.limits import limits
from controller.interceptors.metrics import metrics
from controller.interceptors.refused import refused
from controller.interceptors.request_id import request_id
from controller.interceptors.strangers import turn_away
from controller.limits.limiter import Limiter
from controller.limits.strangers import Strangers
from controller.load_rules import LoadRules
from controller.refusals import Refusals
from controller.retention import Ages, retain
from controller.services.agent import AgentServicer
from controller.services.answers import Answers
from controller.services.auth import AuthServicer
from controller.services.cost import CostServicer
from controller.services.event import EventServicer
from controller.services.export import ExportServicer
from controller.services.fleet import FleetServicer
from controller.services.metrics import MetricsServicer
from controller.services.model import ModelServicer
from controller.services.run import RunServicer
from controller.services.trace import TraceServicer
from controller.settings import ControllerSettings
from controller.store.database import Database
from controller.store.migrate import open_database
from controller.store.place import describe
from controller.vault import Vault
from loadcell.channel import SERVER_OPTIONS
from loadcell.data_dir import data_dir, default_database
from loadcell.settings import Address
from loadcell.target_guard.guard import TargetGuard
from loadcell.tls import ServerTls, server_tls
from loadcell.v1 import (
    agent_pb2,
    agent_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    cost_pb2,
    cost_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    export_pb2,
    export_pb2_grpc,
    fleet_pb2,
    fleet_pb2_grpc,
    metrics_pb2,
    metrics_pb2_grpc,
    model_pb2,
    model_pb2_grpc,
    run_pb2,
    run_pb2_grpc,
    trace_pb2,
    trace_pb2_grpc,
)

if TYPE_CHECKING:
    from controller.redis_link import RedisLink

log = structlog.get_logger()

SERVICES = (
    run_pb2.DESCRIPTOR.services_by_name["RunService"].full_name,
    agent_pb2.DESCRIPTOR.services_by_name["AgentService"].full_name,
    fleet_pb2.DESCRIPTOR.services_by_name["FleetService"].full_name,
    cost_pb2.DESCRIPTOR.services_by_name["CostService"].full_name,
    trace_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name,
    metrics_pb2.DESCRIPTOR.services_by_name["MetricsService"].full_name,
    model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
    event_pb2.DESCRIPTOR.services_by_name["EventService"].full_name,
    export_pb2.DESCRIPTOR.services_by_name["ExportService"].full_name,
    auth_pb2.DESCRIPTOR.services_by_name["AuthService"].full_name,
)


class StartError(Exception):
    """The controller cannot start; the text is one line for the user."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A controller that serves: where, with the port that was chosen when 0 was asked for, and what it drives."""

    address: Address
    dispatcher: Dispatcher


@asynccontextmanager
async def serve(settings: ControllerSettings) -> AsyncIterator[Serving]:
    """Run a controller.

    Raises:
        StartError: The address is taken or open to the network without an API key.
        SettingsError: A file of TLS cannot be used.
        StoreError: The database cannot be used.
    """
    tls = server_tls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    if settings.lease_seconds <= settings.heartbeat_seconds:
        raise StartError(
            f"LOADCELL_LEASE_SECONDS={settings.lease_seconds:g} must be above"
            f" LOADCELL_HEARTBEAT_SECONDS={settings.heartbeat_seconds:g}, or every agent would be lost between two"
        )
    if tls is None and not settings.grpc.is_loopback:
        log.warning(
            "served_without_tls",
            address=str(settings.grpc),
            consequence="keys, tokens and results can be read on the network; set LOADCELL_TLS_CERT and _KEY",
        )
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database or default_database(data_dir(settings.data_dir)))
        stack.push_async_callback(database.close)
        tokens = _access_tokens(settings)
        authenticator = Authenticator(
            database,
            tokens,
            configured=settings.api_key,
            companion=settings.companion_key,
            private=bool(settings.grpc.unix_path),
        )
        if not settings.grpc.is_loopback and await authenticator.is_open():
            raise StartError(
                f"LOADCELL_GRPC={settings.grpc} can be reached from other machines; set LOADCELL_API_KEY or make"
                " a key with `loadcell keys create` first"
            )
        events = Events(database)
        dispatcher = Dispatcher(
            database,
            Sessions(settings.lease_seconds),
            events,
            agent_wait_seconds=settings.agent_wait_seconds,
            resume_seconds=settings.resume_seconds,
            forget_seconds=settings.forget_seconds,
            vault=Vault(settings.secret_key),
        )
        registry, states = CollectorRegistry(), health.aio.HealthServicer()
        link, owner = open_link(settings.redis_url), _owner(database)
        if link is not None:
            stack.push_async_callback(link.close)
        cache = Cache(keeping_place(link, settings.cache_bytes, owner), settings.cache_seconds, registry)
        stack.push_async_callback(cache.close)
        answers = Answers(cache)
        admissions = Admissions(database)
        budgets = BudgetWatch(database, lambda: dispatcher.committer.totals.samples)
        exports = _exports(settings, database)
        server = await _server(
            settings,
            database,
            dispatcher,
            answers,
            exports,
            admissions=admissions,
            budgets=budgets,
            authenticator=authenticator,
            issuer=Issuer(database, tokens, Lifetimes(settings.token_seconds, settings.refresh_seconds)),
            limiter=_limiter(settings, link, owner, registry),
            registry=registry,
            states=states,
        )
        bound = _bind(server, settings.grpc, tls)
        _serve_metrics(settings, registry, stack)
        events.start()
        stack.push_async_callback(events.stop)
        exports.start()
        stack.push_async_callback(exports.stop)
        # Agents that connect at once must find the runs they have leases of.
        await dispatcher.start()
        stack.push_async_callback(dispatcher.stop)
        stack.push_async_callback(server.stop, settings.stop_seconds)
        stack.callback(dispatcher.sessions.close_all)
        stack.callback(events.close)
        stack.push_async_callback(states.enter_graceful_shutdown)
        for work in (
            admissions.run(),
            budgets.run(),
            retain(database, _ages(settings)),
            answers.follow(database.changes()),
        ):
            task = asyncio.create_task(work)
            task.add_done_callback(_tell_failure)
            stack.push_async_callback(_cancel, task)
        await server.start()
        yield Serving(bound, dispatcher)


async def _server(
    settings: ControllerSettings,
    database: Database,
    dispatcher: Dispatcher,
    answers: Answers,
    exports: Exports,
    *,
    admissions: Admissions,
    budgets: BudgetWatch,
    authenticator: Authenticator,
    issuer: Issuer,
    limiter: Limiter | None,
    registry: CollectorRegistry,
    states: health.aio.HealthServicer,
) -> grpc.aio.Server:
    refusals = Refusals(registry)
    chain = arounds(
        settings,
        database,
        authenticator,
        admissions=admissions,
        refusals=refusals,
        limiter=limiter,
        registry=registry,
    )
    server = grpc.aio.server(
        interceptors=[Interceptor(chain)],
        options=SERVER_OPTIONS,
    )
    conversation = Conversation(database, dispatcher, refusals, settings.heartbeat_seconds)
    runs = RunServicer(database, dispatcher, answers, quotas=settings.quotas, rules=_load_rules(settings))
    run_pb2_grpc.add_RunServiceServicer_to_server(runs, server)
    agents = AgentServicer(database, dispatcher, conversation, refusals)
    agent_pb2_grpc.add_AgentServiceServicer_to_server(agents, server)
    fleet_pb2_grpc.add_FleetServiceServicer_to_server(FleetServicer(database, dispatcher, admissions), server)
    trace_pb2_grpc.add_TraceServiceServicer_to_server(TraceServicer(database, answers), server)
    questions = MetricsServicer(database, answers, settings.thresholds)
    metrics_pb2_grpc.add_MetricsServiceServicer_to_server(questions, server)
    model_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(database, answers), server)
    cost_pb2_grpc.add_CostServiceServicer_to_server(CostServicer(database, answers, budgets.look), server)
    event_pb2_grpc.add_EventServiceServicer_to_server(EventServicer(dispatcher.events), server)
    export_pb2_grpc.add_ExportServiceServicer_to_server(ExportServicer(database, answers, exports), server)
    auth_pb2_grpc.add_AuthServiceServicer_to_server(AuthServicer(database, authenticator, issuer), server)
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    for service in SERVICES:
        await states.set(service, health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server


def arounds(
    settings: ControllerSettings,
    database: Database,
    authenticator: Authenticator,
    *,
    admissions: Admissions,
    refusals: Refusals,
    limiter: Limiter | None,
    registry: CollectorRegistry,
) -> list[Around]:
    """Return what goes around every call; the first is the outermost: it sees everything the others do."""
    strangers = Strangers(settings.auth_failures, registry)
    return [
        turn_away(strangers),
        request_id,
        metrics(registry),
        errors,
        refused(refusals),
        audit(database, registry),
        access(
            authenticator,
            admissions,
            strangers,
            require_agent_token=settings.require_agent_token,
            public_reads=settings.public_reads,
        ),
        *([] if limiter is None else [limits(limiter)]),
    ]


def _access_tokens(settings: ControllerSettings) -> AccessTokens:
    rules = TokenRules(settings.jwt_issuer, settings.jwt_audience, settings.jwt_leeway_seconds)
    return AccessTokens(key_source(settings.jwt_secret, settings.jwt_keys), rules)


def _load_rules(settings: ControllerSettings) -> LoadRules:
    guard = TargetGuard(settings.target_deny, settings.target_allow)
    return LoadRules(guard, settings.acknowledge_rate, settings.acknowledge_concurrency)


def _exports(settings: ControllerSettings, database: Database) -> Exports:
    folder = data_dir(settings.data_dir) / "exports"
    store = settings.export_store or folder
    place = open_place(
        store,
        endpoint=settings.export_s3_endpoint,
        region=settings.export_s3_region,
        key_id=settings.export_s3_key_id,
        secret=settings.export_s3_secret,
    )
    return Exports(
        database,
        place,
        store if isinstance(store, Path) else folder,
        at_once=settings.export_jobs,
        most_bytes=settings.export_bytes,
        keep_seconds=settings.export_days * 86_400,
    )


def _ages(settings: ControllerSettings) -> Ages:
    return Ages(
        requests=settings.trace_retention_days,
        minutes=settings.minute_retention_days,
        hours=settings.hour_retention_days,
        days=settings.day_retention_days,
        audit=settings.audit_retention_days,
    )


def _owner(database: Database) -> str:
    where = describe(database.place)
    # A path is one of this machine alone.
    return f"{socket.gethostname()}:{where}" if isinstance(database.place, Path) else where


def _limiter(
    settings: ControllerSettings, link: RedisLink | None, owner: str, registry: CollectorRegistry
) -> Limiter | None:
    if not settings.rate_limit_enabled:
        return None
    if link is None:
        return Limiter(settings.rate_limits, registry)
    from controller.limits.remote import RemoteBuckets  # noqa: PLC0415 - imports the client of Redis

    return Limiter(settings.rate_limits, registry, RemoteBuckets(link, prefix_of(owner)))


def _bind(server: grpc.aio.Server, address: Address, tls: ServerTls | None) -> Address:
    _try_address(address)
    try:
        # A unix socket is this machine's own and does without.
        if tls is None or address.unix_path:
            port = server.add_insecure_port(str(address))
        else:
            port = server.add_secure_port(str(address), tls.credentials())
    except RuntimeError as error:
        raise StartError(f"LOADCELL_GRPC={address}: the address is taken or cannot be used") from error
    return address if address.unix_path else Address(address.host, port)


def _try_address(address: Address) -> None:
    """Bind the address for a moment: gRPC tells neither why it failed nor that in one line."""
    try:
        if address.unix_path:
            _remove_stale_socket(address.unix_path)
            return
        family, kind, _, _, target = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except OSError as error:
        raise StartError(f"LOADCELL_GRPC={address}: {error.strerror or error}") from error


def _remove_stale_socket(path: str) -> None:
    """Remove the socket file a killed controller has left behind; one that answers is somebody's."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background_task_failed", exc_info=error)


def _serve_metrics(settings: ControllerSettings, registry: CollectorRegistry, stack: AsyncExitStack) -> None:
    if settings.metrics is None:
        return
    try:
        server, thread = start_http_server(settings.metrics.port, settings.metrics.host, registry)
    except OSError as error:
        raise StartError(f"LOADCELL_CONTROLLER_METRICS={settings.metrics}: {error.strerror}") from error
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
