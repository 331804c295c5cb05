"""The gateway process: the HTTP API and the Prometheus exporter."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence

import loadcell.quick_start  # isort: split

import structlog
import uvloop
from prometheus_client import CollectorRegistry, disable_created_metrics

import loadcell
import loadcell.quiet_grpc  # before anything imports gRPC
from gateway.app import make_app
from gateway.bindings import read_bindings
from gateway.checks import CHECKS
from gateway.contract import SERVICES
from gateway.door import Door, OpenDoorError
from gateway.listener import Listener, bind, local_address
from gateway.live.gauge import show_connections
from gateway.live.lines import Lines
from gateway.live.live import Live, LiveLimits
from gateway.metrics.exporter import make_exporter
from gateway.metrics.http import HttpMetrics
from gateway.metrics.live import LiveMetrics
from gateway.settings import Settings
from gateway.upstream import Upstream
from loadcell import logs, settings
from loadcell.arguments import refuse_arguments
from loadcell.certificates import TlsFile
from loadcell.channel import dial
from loadcell.config.places import check_free
from loadcell.errors import LoadcellError
from loadcell.exit_codes import give_up
from loadcell.lifetime import end_at_once_on_a_signal, wait_for_stop
from loadcell.open_files import raise_open_files_limit
from loadcell.serving_tls import HttpTls
from loadcell.tls import client_tls

_CONTROLLER_PATIENCE_SECONDS = 10.0  # both may be starting


def serve_forever(arguments: Sequence[str]) -> int:
    """Run the gateway until it is stopped; returns the exit code."""
    loadcell.quick_start.all_imported()
    refuse_arguments("gateway", arguments)
    raise_open_files_limit()
    try:
        found = settings.load(Settings, os.environ)
        CHECKS.refuse(found)
        check_free("LOADCELL_HTTP", found.http)
        check_free("LOADCELL_EXPORTER", found.exporter)
        logs.configure("gateway", found.log_level)
        uvloop.run(_serve(found))
    except settings.SettingsError as error:
        return give_up("gateway", error)
    return 0


async def _serve(found: Settings) -> None:
    log = structlog.get_logger()
    # One series more for each counter, which nobody asks for.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped upstream
    registry = CollectorRegistry()
    # The key of the gateway is for its own questions and never answers a caller's.
    shown = _context(found)
    tls = client_tls(found.tls_ca, found.tls_client_cert, found.tls_client_key)
    async with (
        dial(found.controller, tls=tls) as callers,
        dial(found.controller, tls=tls) as streams,
        dial(found.controller, api_key=found.api_key or found.companion_key, tls=tls) as own,
    ):
        door, for_others = Door(Upstream(callers)), not found.http.is_loopback
        if for_others:
            await _keep_shut(door, found)
        # Not before now: who can connect is to be served.
        with (
            bind("LOADCELL_HTTP", found.http) as http,
            bind("LOADCELL_EXPORTER", found.exporter) as exporter,
        ):
            before = door.check if for_others else None
            upstream = Upstream(callers, streams, before)
            async with (
                Lines(lambda: dial(found.controller, tls=tls), before) as lines,
                Live(upstream, lines, _limits(found)) as live,
                asyncio.TaskGroup() as tasks,
            ):
                app = make_app(
                    read_bindings(SERVICES),
                    upstream,
                    HttpMetrics(registry),
                    cors_origins=found.cors_origins,
                    before_others=None if for_others else door.check,
                    graphql=found,
                    live=live,
                    controller=found.controller,
                )
                show_connections(live, registry)
                scraped = make_exporter(LiveMetrics(Upstream(own)), registry, key=found.exporter_key)
                served = ((app, http), (scraped, exporter))
                listeners = tuple(Listener(one, place, shown, found.stop_seconds) for one, place in served)
                for listener in listeners:
                    tasks.create_task(listener.run_until_stopped())
                for listener in listeners:
                    await listener.ready.wait()
                log.info(
                    "application_started",
                    version=loadcell.__version__,
                    http=local_address(http),
                    exporter=local_address(exporter),
                    controller=found.controller,
                )
                looking = None if for_others else tasks.create_task(_tell_if_open(door))
                why = await wait_for_stop(exit_with_parent=found.exit_with_parent)
                end_at_once_on_a_signal()
                if looking is not None:
                    looking.cancel()
                log.info("application_shutdown", reason=why)
                live.stop()
                for listener in listeners:
                    listener.stop()


async def _keep_shut(door: Door, found: Settings) -> None:
    """Let other machines reach this one only when the controller asks for credentials, or is not there yet.

    Raises:
        SettingsError: It lets everybody in.
    """
    log = structlog.get_logger()
    try:
        async with asyncio.timeout(_CONTROLLER_PATIENCE_SECONDS):
            await door.first_check()
    except OpenDoorError as error:
        raise settings.SettingsError(f"LOADCELL_HTTP={found.http}: {error.message}") from None
    except (LoadcellError, TimeoutError) as error:
        log.warning(
            "controller_not_reached",
            controller=found.controller,
            error=str(error) or f"no answer within {_CONTROLLER_PATIENCE_SECONDS:g} s",
            consequence="whether it asks for credentials is looked at before every call",
        )


async def _tell_if_open(door: Door) -> None:
    log = structlog.get_logger()
    try:
        await door.first_check()
    except OpenDoorError:
        log.warning("open_single_user_mode", reason="the controller lets everybody in; only this machine may call")
    except LoadcellError as error:
        log.warning("controller_not_reached", reason=error.reason, error=error.message)


def _limits(found: Settings) -> LiveLimits:
    return LiveLimits(
        connections=found.live_connections,
        connections_each=found.live_connections_each,
        url_tokens=found.url_tokens,
        origins=found.cors_origins,
    )


def _context(found: Settings) -> ssl.SSLContext | None:
    if found.http_tls_cert is not None and found.http_tls_key is not None:
        certificate = TlsFile("LOADCELL_HTTP_TLS_CERT", found.http_tls_cert)
        return HttpTls(certificate, TlsFile("LOADCELL_HTTP_TLS_KEY", found.http_tls_key)).context()
    for name, address in (("LOADCELL_HTTP", found.http), ("LOADCELL_EXPORTER", found.exporter)):
        if not address.is_loopback:
            structlog.get_logger().warning(
                "served_without_tls",
                address=f"{name}={address}",
                consequence="keys and results can be read on the network; set LOADCELL_HTTP_TLS_CERT and _KEY",
            )
    return None
