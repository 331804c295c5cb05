"""Settings of an agent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from loadcell import settings
from loadcell.dial_settings import DialSettings
from loadcell.protocol import MAX_LABEL_TEXT, MAX_LABELS
from loadcell.settings import Address, Secret, setting
from loadcell.target_guard.rules import Rules, parse_rules


def _agent_id(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._-]{1,128}", value):
        raise ValueError("must be 1 to 128 characters of a-z, A-Z, 0-9, dot, underscore and hyphen")
    return value


def _labels(value: str) -> dict[str, str]:
    labels = settings.labels(value)
    if len(labels) < len(settings.words(value)):
        raise ValueError("a label is given twice")
    if "count" in labels:
        raise ValueError("'count' is how many agents a run asks for and cannot be a label")
    if len(labels) > MAX_LABELS or any(max(len(key), len(text)) > MAX_LABEL_TEXT for key, text in labels.items()):
        raise ValueError(f"may have {MAX_LABELS} labels with keys and values of {MAX_LABEL_TEXT} characters")
    return labels


@dataclass(frozen=True)
class AgentSettings(DialSettings):
    """What an agent reads from its environment."""

    controller: Address = setting(
        Address("127.0.0.1", 50051),
        parse=settings.addresses,
        names=("LOADCELL_CONTROLLER",),
        doc="Controller to dial: host:port, unix:/path, or several host:port,host:port that share a database.",
    )
    agent_token: Secret = setting(
        Secret(""),
        parse=settings.credential,
        names=("LOADCELL_AGENT_TOKEN",),
        doc="Token made with `loadcell agents token create`, for this agent alone; it stands in for the API key.",
    )
    agent_id: str = setting(
        "",
        parse=_agent_id,
        names=("LOADCELL_AGENT_ID",),
        doc="Stable identifier of the agent; by default made from the host name.",
    )
    labels: dict[str, str] | None = setting(
        None,
        parse=_labels,
        names=("LOADCELL_AGENT_LABELS",),
        doc="Labels by which runs choose agents, such as region=eu,zone=a.",
    )
    workers: int = setting(
        0,
        parse=settings.integer(0, 1024),
        names=("LOADCELL_WORKERS",),
        doc="Worker processes; 0: one for each core.",
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
    uplink_memory_mb: int = setting(
        256,
        parse=settings.integer(1, 1_000_000),
        names=("LOADCELL_UPLINK_MEMORY_MB",),
        doc="Samples the controller does not have yet and the spool does not take, in MiB; beyond it load is held "
        "back, nothing is dropped.",
    )
    spool_mb: int = setting(
        1024,
        parse=settings.integer(0, 1_000_000),
        names=("LOADCELL_SPOOL_MB",),
        doc="Samples kept on disk until the controller has them, in MiB; they outlive the agent. 0: none.",
    )
    delivery_seconds: float = setting(
        10.0,
        parse=settings.number(0, 3600),
        names=("LOADCELL_DELIVERY_SECONDS",),
        doc="How long an agent that is told to end waits for its samples to be delivered.",
    )
    data_dir: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_DATA_DIR",),
        doc="Directory of the calibration, the spool and fetched assets; by default the user's data directory.",
    )
    metrics: Address | None = setting(
        None,
        parse=settings.tcp_address,
        names=("LOADCELL_AGENT_METRICS",),
        doc="Address to serve the agent's own Prometheus metrics on, with /health, /ready and /alive. Default:"
        " none.",
    )
    tls_cert: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_TLS_CERT",),
        doc="PEM file of the certificate to show, with its chain; with it the agent's metrics are served over TLS"
        " only.",
    )
    tls_key: Path | None = setting(
        None, parse=settings.path, names=("LOADCELL_TLS_KEY",), doc="PEM file of the key of LOADCELL_TLS_CERT."
    )
    tls_client_ca: Path | None = setting(
        None,
        parse=settings.path,
        names=("LOADCELL_TLS_CLIENT_CA",),
        doc="PEM file of the authorities of clients; with it whoever reads the metrics must have a certificate of"
        " theirs.",
    )
    log_level: str = setting(
        "info",
        parse=settings.choice("debug", "info", "warning", "error"),
        names=("LOADCELL_LOG_LEVEL", "LOG_LEVEL"),
        doc="Lowest level that is logged.",
    )
    exit_with_parent: bool = setting(
        False,
        parse=settings.boolean,
        names=("LOADCELL_EXIT_WITH_PARENT",),
        doc="Whether the agent ends when its standard input does.",
    )
