"""Settings of who may call and how often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.access.issuing import LONGEST_ACCESS_SECONDS, LONGEST_REFRESH_SECONDS
from controller.access.jwt_keys import jwt_secret
from controller.access.keys import configured_key
from controller.limits.quotas import Quotas
from controller.limits.rates import Rates, parse_rates
from loadcell.settings import Secret, boolean, integer, number, path, secret, setting, text


@dataclass(frozen=True)
class AccessSettings:
    """Credentials of callers and agents, and what callers and projects may take."""

    api_key: Secret = setting(
        Secret(""),
        parse=configured_key,
        names=("LOADCELL_API_KEY", "API_KEY"),
        doc="API key that permits everything; not one made with `loadcell keys create`, which callers have. With"
        " none of either, everybody is let in, which is allowed on loopback only.",
        hidden=True,
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
        parse=integer(1, LONGEST_ACCESS_SECONDS),
        names=("LOADCELL_TOKEN_SECONDS",),
        doc="How long access tokens last at most.",
    )
    refresh_seconds: int = setting(
        604_800,
        parse=integer(1, LONGEST_REFRESH_SECONDS),
        names=("LOADCELL_REFRESH_SECONDS",),
        doc="How long refresh tokens last.",
    )
    require_agent_token: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_REQUIRE_AGENT_TOKEN",),
        doc="Whether agents need a token of their own; then the API key does not admit agents.",
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
    quota_stored_traces: int = setting(
        0,
        parse=integer(0, 10**15),
        names=("LOADCELL_QUOTA_STORED_TRACES",),
        doc="How many traces of a project may be stored, with those that these runs are still to make."
        " 0: any number.",
    )

    @property
    def quotas(self) -> Quotas:
        """What the runs of a project may take together."""
        return Quotas(self.quota_running_runs, self.quota_rate, self.quota_agents, self.quota_stored_traces)
