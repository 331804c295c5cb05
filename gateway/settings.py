"""Settings of the gateway."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.graphql.settings import GraphqlSettings
from gateway.listening_settings import ListeningSettings, http_address
from loadcell import logs, settings
from loadcell.dial_settings import DialSettings
from loadcell.settings import Address, Secret, SettingsError, both, setting

# Lower case, no path and no slash at the end.
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def _origins(value: str) -> tuple[str, ...]:
    """Parse origins as browsers write them; what they never send would be a setting without effect."""
    found = settings.words(value)
    for origin in found:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin such as https://page.example or http://localhost:3000")
    return found


@dataclass(frozen=True)
class Settings(ListeningSettings, GraphqlSettings, DialSettings):
    """What the environment says about the gateway."""

    controller: str = setting(
        "127.0.0.1:50051",
        parse=lambda value: str(settings.addresses(value)),
        names=("LOADCELL_CONTROLLER",),
        doc="Controller to dial: host:port, unix:/path, or several host:port,host:port that share a database.",
    )
    exporter: Address = setting(
        Address("127.0.0.1", 9090),
        parse=http_address,
        names=("LOADCELL_EXPORTER",),
        doc="Address of the Prometheus exporter, host:port; it serves /metrics.",
    )
    exporter_key: Secret = setting(
        Secret(""),
        parse=settings.secret,
        names=("LOADCELL_EXPORTER_KEY",),
        doc="Key scrapers must send as Authorization: Bearer. Empty: none, which is allowed on loopback only.",
    )
    api_key: Secret = setting(
        Secret(""),
        parse=settings.credential,
        names=("LOADCELL_API_KEY", "API_KEY"),
        doc="Key the exporter calls the controller with. Callers of the API bring their own.",
    )
    companion_key: Secret = setting(
        Secret(""),
        parse=settings.secret,
        names=("LOADCELL_COMPANION_KEY",),
        doc="The same, from `loadcell up`, which makes one where there is none.",
        hidden=True,
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        parse=_origins,
        names=("CORS_ORIGINS",),
        doc="Origins whose pages may call, comma separated. * lets every page read what needs no credential.",
    )
    live_connections: int = setting(
        2_000,
        parse=settings.integer(0, 100_000),
        names=("LOADCELL_LIVE_CONNECTIONS",),
        doc="WebSockets that may be open at once, and streams of events, of these at most 512. 0: none.",
    )
    live_connections_each: int = setting(
        1_000,
        parse=settings.integer(1, 100_000),
        names=("LOADCELL_LIVE_CONNECTIONS_EACH",),
        doc="The same with one credential; without any, from one address.",
    )
    url_tokens: bool = setting(
        False,
        parse=settings.boolean,
        names=("LOADCELL_URL_TOKENS",),
        doc="Whether WebSockets and streams of events may be opened with ?token= and a credential. URLs end up in"
        " logs of proxies and browsers; tickets do without.",
    )
    stop_seconds: int = setting(
        30,
        parse=settings.integer(0, 600),
        names=("LOADCELL_STOP_SECONDS",),
        doc="How long requests being served may go on after the gateway was told to stop.",
    )
    log_level: str = setting(
        "info",
        parse=settings.choice(*logs.LEVELS),
        names=("LOADCELL_LOG_LEVEL", "LOG_LEVEL"),
        doc="Lowest level logged.",
    )
    exit_with_parent: bool = setting(
        False,
        parse=settings.boolean,
        names=("LOADCELL_EXIT_WITH_PARENT",),
        doc="End when standard input ends, that is with the process that started this one.",
    )

    def __post_init__(self) -> None:
        """Refuse combinations that would be unsafe or cannot work.

        Raises:
            SettingsError: the exporter would be open to other machines without any key, or only one of two
                settings is there. Whether the API would be is for the controller to say (`gateway.door`).
        """
        if not self.exporter.is_loopback and not self.exporter_key:
            raise SettingsError(
                f"LOADCELL_EXPORTER={self.exporter}: other machines can reach this address; set"
                " LOADCELL_EXPORTER_KEY as well"
            )
        both("LOADCELL_HTTP_TLS_CERT", self.http_tls_cert, "LOADCELL_HTTP_TLS_KEY", self.http_tls_key)
        for name, address in (("LOADCELL_HTTP", self.http), ("LOADCELL_EXPORTER", self.exporter)):
            if address.unix_path:
                raise SettingsError(f"{name}={address}: must be host:port")
