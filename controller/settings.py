"""Settings of the controller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.access.jwt_keys import jwt_secret
from controller.cache.kinds import Seconds, parse_seconds
from controller.cache.where import redis_url
from controller.exports.where import BucketName, parse_store
from controller.limits.quotas import Quotas
from controller.limits.rates import Rates, parse_rates
from controller.store.place import Place, parse_place
from controller.vault import secret_key
from loadcell.logs import LEVELS
from loadcell.settings import (
    Address,
    Secret,
    address,
    boolean,
    choice,
    integer,
    number,
    path,
    secret,
    setting,
    text,
)
from loadcell.stats.advice import Thresholds
from loadcell.target_guard.rules import Rules, parse_rules


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """What can be set of a controller."""

    grpc: Address = setting(
        Address("127.0.0.1", 50051),
        parse=address,
        names=("LOADCELL_GRPC",),
        doc="Address to serve gRPC on: host:port or unix:/path.",
    )
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
    api_key: Secret = setting(
        Secret(""),
        parse=secret,
        names=("LOADCELL_API_KEY", "API_KEY"),
        doc="API key that permits everything. With none, and none made with `loadcell keys create`, everybody is"
        " let in, which is allowed on loopback only.",
    )
    companion_key: Secret = setting(
        Secret(""),
        parse=secret,
        names=("LOADCELL_COMPANION_KEY",),
        doc="Key of the agents and the gateway that `loadcell up` starts beside the controller; it makes one.",
        hidden=True,
    )
    public_reads: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_PUBLIC_READS",),
        doc="Whether runs and their results may be read without a credential.",
    )
    jwt_secret: Secret = setting(
        Secret(""),
        parse=jwt_secret,
        names=("LOADCELL_JWT_SECRET", "JWT_SECRET"),
        doc="Secret of at least 32 bytes that access tokens are signed and verified with (HS256). With it, every"
        " call needs a credential.",
        hidden=True,
    )
    jwt_keys: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_JWT_KEYS",),
        doc="JSON Web Key Set of keys with kid and alg (HS256, RS256, ES256) that access tokens are verified with;"
        " the first private one signs. Read again when it changes.",
    )
    jwt_issuer: str = setting(
        "loadcell",
        parse=text,
        names=("LOADCELL_JWT_ISSUER",),
        doc="What access tokens must say in iss. Empty: anything.",
    )
    jwt_audience: str = setting(
        "loadcell",
        parse=text,
        names=("LOADCELL_JWT_AUDIENCE",),
        doc="What access tokens must say in aud. Empty: anything.",
    )
    jwt_leeway_seconds: float = setting(
        30.0,
        parse=number(0.0, 300.0),
        names=("LOADCELL_JWT_LEEWAY_SECONDS",),
        doc="How far the clocks of those who make tokens may be off.",
    )
    token_seconds: int = setting(
        3_600,
        parse=integer(1, 86_400),
        names=("LOADCELL_TOKEN_SECONDS",),
        doc="How long access tokens last at most.",
    )
    refresh_seconds: int = setting(
        604_800,
        parse=integer(1, 31_536_000),
        names=("LOADCELL_REFRESH_SECONDS",),
        doc="How long refresh tokens last.",
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
    tls_cert: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_TLS_CERT",),
        doc="PEM file of the certificate to show, with its chain; with it gRPC is served over TLS only.",
    )
    tls_key: Path | None = setting(
        None, parse=path, names=("LOADCELL_TLS_KEY",), doc="PEM file of the key of LOADCELL_TLS_CERT."
    )
    tls_client_ca: Path | None = setting(
        None,
        parse=path,
        names=("LOADCELL_TLS_CLIENT_CA",),
        doc="PEM file of the authorities of clients; with it every client must have a certificate of theirs.",
    )
    secret_key: Secret = setting(
        Secret(""),
        parse=secret_key,
        names=("LOADCELL_SECRET_KEY",),
        doc="32 random bytes in base64, the same for every controller of a database: API keys and headers of"
        " targets are stored encrypted under it until their run ends. Empty: they are kept in memory only.",
        hidden=True,
    )
    require_agent_token: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_REQUIRE_AGENT_TOKEN",),
        doc="Whether agents need a token of their own; then the API key does not admit agents.",
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
    rate_limit_enabled: bool = setting(
        True,
        parse=boolean,
        names=("LOADCELL_RATE_LIMIT_ENABLED", "RATE_LIMIT_ENABLED"),
        doc="Whether callers are let in at the rates of their roles only.",
    )
    rate_limits: Rates = setting(
        parse_rates(""),
        parse=parse_rates,
        names=("LOADCELL_RATE_LIMITS",),
        doc="Calls per minute and, after a slash, at once: name=1000/1200,... for some; the others stay.",
    )
    auth_failures: int = setting(
        300,
        parse=integer(0, 1_000_000),
        names=("LOADCELL_AUTH_FAILURES",),
        doc="Wrong credentials per minute and address, after which only those are looked at that were right"
        " before. 0: any number.",
    )
    quota_running_runs: int = setting(
        0,
        parse=integer(0, 1_000_000),
        names=("LOADCELL_QUOTA_RUNNING_RUNS",),
        doc="How many runs of a project may be pending or running at once. 0: any number.",
    )
    quota_rate: float = setting(
        0.0,
        parse=number(0.0, 1e12),
        names=("LOADCELL_QUOTA_RATE",),
        doc="How many requests per second the open loops of these runs may ask for together. 0: any number.",
    )
    quota_agents: int = setting(
        0,
        parse=integer(0, 1_000_000),
        names=("LOADCELL_QUOTA_AGENTS",),
        doc="How many agents these runs may ask for together. 0: any number.",
    )
    advice_cost_usd: float = setting(
        0.01,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_COST_USD",),
        doc="There is advice on cost when a request costs more than this many USD on average.",
    )
    advice_latency_ms: float = setting(
        2_000.0,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_LATENCY_MS",),
        doc="There is advice on speed when a request takes more than this many milliseconds on average.",
    )
    advice_error_rate: float = setting(
        0.05,
        parse=number(0.0, 1.0),
        names=("LOADCELL_ADVICE_ERROR_RATE",),
        doc="There is advice on quality when more than this share of requests fails, 0 to 1.",
    )
    advice_good_cost_usd: float = setting(
        0.005,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_GOOD_COST_USD",),
        doc="Below this many USD a request, the cost is good in the overall score of advice.",
    )
    advice_good_latency_ms: float = setting(
        1_000.0,
        parse=number(0.0, 1e9),
        names=("LOADCELL_ADVICE_GOOD_LATENCY_MS",),
        doc="Below this many milliseconds a request, the speed is good in that score.",
    )
    advice_good_success_rate: float = setting(
        0.95,
        parse=number(0.0, 1.0),
        names=("LOADCELL_ADVICE_GOOD_SUCCESS_RATE",),
        doc="Above this share of successes, 0 to 1, the quality is good in that score.",
    )
    export_store: Path | BucketName | None = setting(
        None,
        parse=parse_store,
        names=("LOADCELL_EXPORT_STORE",),
        doc="Where the files of exports are kept: a folder or s3://bucket/prefix. Default: exports in the data"
        " directory. Controllers on several machines need one that all of them reach.",
    )
    export_s3_endpoint: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_ENDPOINT",),
        doc="URL of an S3-compatible store. Default: that of AWS.",
    )
    export_s3_region: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_REGION", "AWS_REGION"),
        doc="Region of the bucket.",
    )
    export_s3_key_id: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_KEY_ID", "AWS_ACCESS_KEY_ID"),
        doc="Name of the key to the bucket.",
    )
    export_s3_secret: Secret = setting(
        Secret(""),
        parse=secret,
        names=("LOADCELL_EXPORT_S3_SECRET", "AWS_SECRET_ACCESS_KEY"),
        doc="The key to the bucket.",
    )
    export_jobs: int = setting(
        2,
        parse=integer(1, 32),
        names=("LOADCELL_EXPORT_JOBS",),
        doc="How many exports this controller writes at once.",
    )
    export_bytes: int = setting(
        4 * 2**30,
        parse=integer(2**20, 2**40),
        names=("LOADCELL_EXPORT_BYTES",),
        doc="Largest file of an export, in bytes; one that would be larger fails.",
    )
    export_days: float = setting(
        7.0,
        parse=number(0.01, 3_650.0),
        names=("LOADCELL_EXPORT_DAYS",),
        doc="For how long the file of an export is kept.",
    )
    metrics: Address | None = setting(
        None,
        parse=address,
        names=("LOADCELL_CONTROLLER_METRICS",),
        doc="Address to serve the controller's own Prometheus metrics on. Default: none.",
    )
    stop_seconds: int = setting(
        1,
        parse=integer(0, 600),
        names=("LOADCELL_STOP_SECONDS",),
        doc="How long calls being served may go on after the controller was told to stop.",
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

    @property
    def quotas(self) -> Quotas:
        """What the runs of a project may take together."""
        return Quotas(self.quota_running_runs, self.quota_rate, self.quota_agents)

    @property
    def thresholds(self) -> Thresholds:
        """What advice on cost, speed and quality is given by."""
        return Thresholds(
            cost_usd=self.advice_cost_usd,
            latency_ms=self.advice_latency_ms,
            error_rate=self.advice_error_rate,
            good_cost_usd=self.advice_good_cost_usd,
            good_latency_ms=self.advice_good_latency_ms,
            good_success_rate=self.advice_good_success_rate,
        )
