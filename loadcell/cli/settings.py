"""Settings of the command line."""

from dataclasses import dataclass
from pathlib import Path

from loadcell import settings
from loadcell.data_dir import default_database
from loadcell.dial_settings import DialSettings
from loadcell.settings import Address, Secret, setting


@dataclass(frozen=True)
class CliSettings(DialSettings):
    """What the command reads from its environment; flags win over it."""

    controller: Address | None = setting(
        None,
        parse=settings.addresses,
        names=("LOADCELL_CONTROLLER",),
        doc="Controller to use instead of one on this machine: host:port, unix:/path or host:port,host:port.",
    )
    database: Secret = setting(
        Secret(""),
        parse=settings.secret,
        names=("LOADCELL_DATABASE_URL", "DATABASE_PATH"),
        doc="Database of an own stack.",
    )
    data_dir: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_DATA_DIR",),
        doc="Directory of the database and the logs; by default the user's data directory.",
    )
    http: Address = setting(
        Address("127.0.0.1", 8085), parse=settings.address, names=("LOADCELL_HTTP",), doc="HTTP address of `up`."
    )
    grpc: Address = setting(
        Address("127.0.0.1", 50051), parse=settings.address, names=("LOADCELL_GRPC",), doc="gRPC address of `up`."
    )
    exporter: Address = setting(
        Address("127.0.0.1", 9090),
        parse=settings.address,
        names=("LOADCELL_EXPORTER",),
        doc="Prometheus address of `up`.",
    )
    exporter_key: Secret = setting(
        Secret(""),
        parse=settings.secret,
        names=("LOADCELL_EXPORTER_KEY",),
        doc="Key of the Prometheus exporter that `up` and `demo` start.",
    )
    http_tls_cert: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_HTTP_TLS_CERT",),
        doc="Certificate that the gateway of `up` shows, which then serves https.",
    )
    stop_seconds: int = setting(
        30,
        parse=settings.integer(0, 600),
        names=("LOADCELL_STOP_SECONDS",),
        doc="How long calls being served may go on when `up` ends.",
    )
    agents: int = setting(
        1, parse=settings.integer(0, 256), names=("LOADCELL_AGENTS",), doc="Agents that `up` starts."
    )
    require_agent_token: bool = setting(
        False,
        parse=settings.boolean,
        names=("LOADCELL_REQUIRE_AGENT_TOKEN",),
        doc="Whether the controller of `up` admits agents by tokens only; then `up` starts none without one.",
    )
    agent_token: Secret = setting(
        Secret(""),
        parse=settings.credential,
        names=("LOADCELL_AGENT_TOKEN",),
        doc="Token of the one agent that `up` may then start.",
    )


def database_url(text: str, directory: Path) -> str:
    """Return the URL of a database given as URL or as path of an SQLite file; empty means the default one."""
    if "://" in text:
        return text
    path = Path(text).expanduser().absolute() if text else default_database(directory)
    return f"sqlite:///{path}"


def database_name(url: str) -> str:
    """Return what to show of a database: the path of a file, or the URL without its credentials."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return rest.removeprefix("/")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def without_password(url: str) -> str:
    """Return the text of a database with stars in the place of its password, to be shown on a screen."""
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    hidden = at and colon and not scheme.startswith("sqlite")
    return f"{scheme}{separator}{user}:***@{place}" if hidden else url
