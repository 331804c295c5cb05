"""The controller put together, in one place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from grpc_health.v1 import health
from prometheus_client import CollectorRegistry

from controller.access.authenticator import Authenticator
from controller.access.issuing import Issuer, Lifetimes
from controller.access.jwt_keys import key_source
from controller.access.tokens import AccessTokens, TokenRules
from controller.admission import Admissions
from controller.budget_watch import BudgetWatch
from controller.cache.cache import Cache
from controller.cache.where import keeping_place, open_link, prefix_of
from controller.checks import CHECKS, database_of
from controller.dependencies import condition_of, tell_dependencies
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Sessions
from controller.events.hub import Events
from controller.exports.runner import Exports
from controller.exports.where import open_place
from controller.interceptors.stopping import Calls, stop_serving
from controller.limits.limiter import Limiter
from controller.listening import bind
from controller.metrics import names
from controller.metrics.fleet import FleetMetrics
from controller.metrics_port import open_metrics_port
from controller.retention import Ages, retain
from controller.services.answers import Answers
from controller.settings import ControllerSettings
from controller.store.database import Database
from controller.store.migrate import StoreError, open_database
from controller.store.place import describe
from controller.surface import Parts, make_server
from controller.vault import Vault
from loadcell.config.places import check_free
from loadcell.data_dir import data_dir
from loadcell.metric_sheet import show
from loadcell.settings import Address, SettingsError
from loadcell.tls import server_tls

if TYPE_CHECKING:
    from controller.redis_link import RedisLink

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Serving:
    """A controller that serves: where, with the port that was chosen when 0 was asked for, and what it drives."""

    address: Address
    dispatcher: Dispatcher


@asynccontextmanager
async def serve(settings: ControllerSettings) -> AsyncIterator[Serving]:
    """Run a controller.

    Raises:
        SettingsError: A setting cannot be used, which is seen before anything is touched; or others can reach the
            address and nobody has a key.
        StoreError: The database cannot be used.
    """
    _refuse(settings)
    tls = server_tls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    if tls is None and not settings.grpc.is_loopback:
        log.warning(
            "served_without_tls",
            address=str(settings.grpc),
            consequence="keys, tokens and results can be read on the network; set LOADCELL_TLS_CERT and _KEY",
        )
    async with AsyncExitStack() as stack:
        database = await _open_database(settings)
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
            raise SettingsError(
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
        parts = Parts(
            settings=settings,
            database=database,
            dispatcher=dispatcher,
            answers=Answers(cache),
            exports=_exports(settings, database),
            admissions=Admissions(database, authenticator),
            budgets=BudgetWatch(database, lambda: dispatcher.committer.totals.samples),
            authenticator=authenticator,
            issuer=Issuer(
                database,
                tokens,
                Lifetimes(settings.token_seconds, settings.refresh_seconds),
                authenticator.givers,
            ),
            limiter=_limiter(settings, link, owner, registry),
            calls=Calls(),
            registry=registry,
            states=states,
        )
        condition = condition_of(link)
        show(registry, names.DATABASE_METRICS, database.fill)
        show(registry, (*names.INGEST_METRICS, *names.MODEL_METRICS), dispatcher.committer.fill)
        show(registry, names.FLEET_METRICS, FleetMetrics(database, dispatcher, parts.budgets).fill)
        server = await make_server(parts)
        bound = bind(server, settings.grpc, tls)
        if settings.metrics is not None:
            shown = None if tls is None else tls.over_http()
            folder = _folder(settings, database)
            stack.callback(open_metrics_port(settings.metrics, registry, condition, folder, shown).close)
        events.start()
        stack.push_async_callback(events.stop)
        parts.exports.start()
        stack.push_async_callback(parts.exports.stop)
        # Agents that connect at once must find the runs they have leases of.
        await dispatcher.start()
        stack.push_async_callback(dispatcher.stop)
        stack.push_async_callback(stop_serving, server, parts.calls, settings.stop_seconds)
        # From here on no agent can be heard.
        stack.callback(dispatcher.sessions.attention.end)
        stack.push_async_callback(states.enter_graceful_shutdown)
        for work in (
            parts.admissions.run(),
            parts.budgets.run(),
            retain(database, _ages(settings)),
            parts.answers.follow(database.changes()),
            tell_dependencies(states, condition, database, link),
        ):
            task = asyncio.create_task(work)
            task.add_done_callback(_tell_failure)
            stack.push_async_callback(_cancel, task)
        await server.start()
        condition.serving = True
        try:
            yield Serving(bound, dispatcher)
        finally:
            condition.serving = False


def _refuse(settings: ControllerSettings) -> None:
    """See whether a controller can start with these settings, before it touches anything.

    Raises:
        SettingsError: It cannot.
    """
    CHECKS.refuse(settings)
    check_free("LOADCELL_GRPC", settings.grpc)
    if settings.metrics is not None:
        check_free("LOADCELL_CONTROLLER_METRICS", settings.metrics)


async def _open_database(settings: ControllerSettings) -> Database:
    name, place = database_of(settings)
    try:
        return await open_database(place)
    except StoreError as error:
        raise type(error)(f"{error}; {name} says where it is") from error


def _access_tokens(settings: ControllerSettings) -> AccessTokens:
    rules = TokenRules(settings.jwt_issuer, settings.jwt_audience, settings.jwt_leeway_seconds)
    return AccessTokens(key_source(settings.jwt_secret, settings.jwt_keys), rules)


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


def _folder(settings: ControllerSettings, database: Database) -> Path:
    """Return where there must be room: beside the database or, where that is a server's, for exports."""
    return database.place.parent if isinstance(database.place, Path) else data_dir(settings.data_dir)


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


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background_task_failed", exc_info=error)
