"""What is looked at of the settings of a controller: before it touches anything, and by `config check`."""

from __future__ import annotations

import os
from pathlib import Path

from controller.access.jwt_keys import key_source
from controller.exports.where import open_place
from controller.settings import ControllerSettings
from controller.store.place import Place, describe
from loadcell.certificates import check_server
from loadcell.config.clock import check_clock
from loadcell.config.places import check_different, check_known, check_writable
from loadcell.config.report import Checks
from loadcell.data_dir import data_dir, default_database
from loadcell.settings import SettingsError

_OPEN = (
    "LOADCELL_GRPC={} can be reached from other machines; set LOADCELL_API_KEY or make a key with"
    " `loadcell keys create` first"
)
_SQLITE = b"SQLite format 3\0"


def database_of(settings: ControllerSettings) -> tuple[str, Place]:
    """Return where the database is, with the setting that says so.

    Raises:
        SettingsError: Nothing says so, and the user has no home directory.
    """
    if settings.database is not None:
        return "LOADCELL_DATABASE_URL", settings.database
    return "LOADCELL_DATA_DIR", default_database(data_dir(settings.data_dir))


def _tls(settings: ControllerSettings) -> None:
    check_server(settings.tls_cert, settings.tls_key, settings.tls_client_ca)


def _leases(settings: ControllerSettings) -> None:
    if settings.lease_seconds <= settings.heartbeat_seconds:
        raise SettingsError(
            f"LOADCELL_LEASE_SECONDS={settings.lease_seconds:g} must be above"
            f" LOADCELL_HEARTBEAT_SECONDS={settings.heartbeat_seconds:g}, or every agent would be lost between two"
        )


def _tokens(settings: ControllerSettings) -> None:
    key_source(settings.jwt_secret, settings.jwt_keys)


def _analysis(settings: ControllerSettings) -> None:
    settings.model_server()


def _exports(settings: ControllerSettings) -> None:
    if settings.export_store is not None:
        open_place(
            settings.export_store,
            endpoint=settings.export_s3_endpoint,
            region=settings.export_s3_region,
            key_id=settings.export_s3_key_id,
            secret=settings.export_s3_secret,
        )


def _addresses(settings: ControllerSettings) -> None:
    check_different("LOADCELL_GRPC", settings.grpc, "LOADCELL_CONTROLLER_METRICS", settings.metrics)
    for name, address in (("LOADCELL_GRPC", settings.grpc), ("LOADCELL_CONTROLLER_METRICS", settings.metrics)):
        if address is not None:
            check_known(name, address)


def _database(settings: ControllerSettings) -> None:
    name, place = database_of(settings)
    if not isinstance(place, Path):
        return
    subject = f"database {describe(place)}"
    check_writable(name, place.parent, subject)  # first: only then may be looked at what is in it
    if place.is_dir():
        raise SettingsError(f"{subject}: is a directory; set {name} to a file in it")
    if place.is_file():
        _check_file(name, place, subject)
    elif not _known_callers(settings):
        # A database that is not there yet has no keys.
        raise SettingsError(_OPEN.format(settings.grpc))


def _check_file(name: str, file: Path, subject: str) -> None:
    try:
        with file.open("rb") as content:
            head = content.read(len(_SQLITE))
    except OSError as error:
        raise SettingsError(f"{subject}: {error.strerror}; set {name} to a file that this user may use") from error
    # SQLite itself takes a file of a few bytes for an empty database, and writes over it.
    if head and head != _SQLITE:
        raise SettingsError(f"{subject}: file is not a database; set {name} to another file")
    if not os.access(file, os.W_OK):
        raise SettingsError(f"{subject}: cannot be written by this user; set {name} to a file that can")


def _known_callers(settings: ControllerSettings) -> bool:
    """Whether only this machine can call, or the settings say whom to let in."""
    return settings.grpc.is_loopback or bool(settings.api_key or settings.jwt_secret or settings.jwt_keys)


def _who_may_call(settings: ControllerSettings) -> None:
    if not _known_callers(settings):
        raise SettingsError(_OPEN.format(settings.grpc))


def _seen_on_the_network(settings: ControllerSettings) -> None:
    if settings.tls_cert is None and not settings.grpc.is_loopback:
        raise SettingsError(
            f"LOADCELL_GRPC={settings.grpc}: keys, tokens and results can be read on the network; set"
            " LOADCELL_TLS_CERT and LOADCELL_TLS_KEY"
        )


def _retention(settings: ControllerSettings) -> None:
    shorter = [settings.trace_retention_days, settings.minute_retention_days, settings.hour_retention_days]
    days = settings.day_retention_days
    if days and any(not kept or kept > days for kept in shorter):
        raise SettingsError(
            f"LOADCELL_DAY_RETENTION_DAYS={days} is below what requests, minutes or hours are kept for: figures of"
            " the days between are lost"
        )


def _export_folder(settings: ControllerSettings) -> None:
    if settings.export_store is None:
        check_writable("LOADCELL_DATA_DIR", data_dir(settings.data_dir))
    elif isinstance(settings.export_store, Path):
        check_writable("LOADCELL_EXPORT_STORE", settings.export_store)


CHECKS: Checks[ControllerSettings] = Checks(
    errors=(check_clock, _tls, _leases, _tokens, _analysis, _exports, _addresses, _database),
    warnings=(_who_may_call, _seen_on_the_network, _retention, _export_folder),
)
