"""Settings of the controller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.access.settings import AccessSettings
from controller.analysis.settings import AnalysisSettings
from controller.cache.kinds import Seconds, parse_seconds
from controller.cache.where import redis_url
from controller.exports.settings import ExportSettings
from controller.listening_settings import ListeningSettings
from controller.query.advice_settings import AdviceSettings
from controller.store.place import Place, parse_place
from controller.vault import secret_key
from loadcell.logs import LEVELS
from loadcell.settings import (
    Address,
    Secret,
    boolean,
    choice,
    integer,
    number,
    path,
    setting,
    tcp_address,
)
from loadcell.target_guard.rules import Rules, parse_rules


@dataclass(frozen=True)
class ControllerSettings(ListeningSettings, ExportSettings, AdviceSettings, AnalysisSettings, AccessSettings):
    """What can be set of a controller."""

    database: Place | None = setting(
        None,
        parse=parse_place,
        names=("LOADCELL_DATABASE_URL", "DATABASE_PATH"),
        doc="Database: a path, sqlite:///path or postgresql://user:password@host:port/name."
        " Default: loadcell.db in the data directory.",
        hidden=True,
    )
    data_dir: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_DATA_DIR",),
        doc="Data directory. Default: $XDG_DATA_HOME/loadcell, that is ~/.local/share/loadcell.",
    )
    target_deny: Rules = setting(
        (),
        parse=parse_rules,
        names=("LOADCELL_TARGET_DENY",),
        doc="Targets that may not be connected to, beside link-local and other addresses that are denied anyway:"
        " 10.0.0.0/8,*.example.com,[2001:db8::7]:22-443.",
    )
    target_allow: Rules = setting(
        (),
        parse=parse_rules,
        names=("LOADCELL_TARGET_ALLOW",),
        doc="Targets that may be connected to, written in the same way; then nothing else may. Default: everything"
        " that is not denied.",
    )
    acknowledge_rate: float = setting(
        1_000.0,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ACKNOWLEDGE_RATE",),
        doc="A run of more requests/s must say that it is meant (acknowledge_load). 0: none must.",
    )
    acknowledge_concurrency: int = setting(
        1_000,
        parse=integer(0, 1_000_000_000),
        names=("LOADCELL_ACKNOWLEDGE_CONCURRENCY",),
        doc="A run with more requests in flight must say that it is meant (acknowledge_load). 0: none must.",
    )
    redact_texts: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_REDACT_TEXTS",),
        doc="Whether agents put marks in the place of e-mail addresses, telephone numbers, numbers of cards,"
        " social security numbers and IP addresses in the prompts and completions of new runs.",
    )
    secret_key: Secret = setting(
        Secret(""),
        parse=secret_key,
        names=("LOADCELL_SECRET_KEY",),
        doc="32 random bytes in base64, the same for every controller of a database: API keys and headers of"
        " targets are stored encrypted under it until their run ends. Empty: they are kept in memory only.",
        hidden=True,
    )
    heartbeat_seconds: float = setting(
        2.0,
        parse=number(0.1, 60.0),
        names=("LOADCELL_HEARTBEAT_SECONDS",),
        doc="How often agents send a heartbeat.",
    )
    lease_seconds: float = setting(
        10.0,
        parse=number(0.5, 600.0),
        names=("LOADCELL_LEASE_SECONDS",),
        doc="After this long without a heartbeat or samples an agent is lost.",
    )
    agent_wait_seconds: float = setting(
        60.0,
        parse=number(0.1, 86_400.0),
        names=("LOADCELL_AGENT_WAIT_SECONDS",),
        doc="How long a run waits for agents that are not there before it fails; for busy ones it waits for ever.",
    )
    resume_seconds: float = setting(
        300.0,
        parse=number(10.0, 86_400.0),
        names=("LOADCELL_RESUME_SECONDS",),
        doc="A run that no controller drove for longer is ended: nobody expects load to begin by itself so late.",
    )
    forget_seconds: float = setting(
        86_400.0,
        parse=number(60.0, 31_536_000.0),
        names=("LOADCELL_FORGET_SECONDS",),
        doc="Lost agents and uploaded files no run refers to are forgotten after this long.",
    )
    trace_retention_days: int = setting(
        90,
        parse=integer(0, 36_500),
        names=("LOADCELL_TRACE_RETENTION_DAYS",),
        doc="How many days requests are kept after the day of their run, with prompts, completions and feedback;"
        " results are kept. 0: for ever.",
    )
    minute_retention_days: int = setting(
        37,
        parse=integer(0, 36_500),
        names=("LOADCELL_MINUTE_RETENTION_DAYS",),
        doc="How many days sums of requests by the minute are kept. 0: for ever.",
    )
    hour_retention_days: int = setting(
        210,
        parse=integer(0, 36_500),
        names=("LOADCELL_HOUR_RETENTION_DAYS",),
        doc="How many days sums by the hour are kept. 0: for ever.",
    )
    day_retention_days: int = setting(
        1_095,
        parse=integer(0, 36_500),
        names=("LOADCELL_DAY_RETENTION_DAYS",),
        doc="How many days sums by the day are kept, not less than all of the above, or figures of the days"
        " between are lost. 0: for ever.",
    )
    audit_retention_days: int = setting(
        400,
        parse=integer(0, 36_500),
        names=("LOADCELL_AUDIT_RETENTION_DAYS",),
        doc="How many days the log of who changed what is kept. 0: for ever.",
    )
    cache_seconds: Seconds = setting(
        Seconds(),
        parse=parse_seconds,
        names=("LOADCELL_CACHE_SECONDS", "CACHE_DEFAULT_TTL"),
        doc="For how many seconds answers to queries are kept: one number for all kinds, or kind=seconds,... for"
        " some; 0 keeps none.",
    )
    cache_bytes: int = setting(
        64 << 20,
        parse=integer(0, 1 << 40),
        names=("LOADCELL_CACHE_BYTES",),
        doc="How much memory kept answers may take; with Redis they are kept there instead.",
    )
    redis_url: Secret = setting(
        Secret(""),
        parse=redis_url,
        names=("LOADCELL_REDIS_URL", "REDIS_URL"),
        doc="Redis in which all controllers of a database keep answers and count calls together: redis://, rediss://"
        " or unix://. Default: each does so in its own memory.",
        hidden=True,
    )
    metrics: Address | None = setting(
        None,
        parse=tcp_address,
        names=("LOADCELL_CONTROLLER_METRICS",),
        doc="Address to serve the controller's own Prometheus metrics on, with /health, /ready and /alive."
        " Default: none.",
    )
    stop_seconds: int = setting(
        30,
        parse=integer(0, 600),
        names=("LOADCELL_STOP_SECONDS",),
        doc="How long calls being served may go on after the controller was told to stop. Streams that do not end"
        " by themselves, such as the sessions of agents, are ended at once.",
    )
    log_level: str = setting(
        "info",
        parse=choice(*LEVELS),
        names=("LOADCELL_LOG_LEVEL", "LOG_LEVEL"),
        doc="Lowest level that is logged.",
    )
    exit_with_parent: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_EXIT_WITH_PARENT",),
        doc="End when standard input ends, as children of another loadcell process do.",
    )
