"""The first message of a session, checked: it comes from a stranger."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from controller.store.records import AgentRecord
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_LABEL_TEXT, MAX_WORKERS, PROTOCOL_VERSION
from loadcell.v1 import agent_pb2

MAX_PAIRS = 64  # labels, and facts about the host
MAX_PAIR_TEXT = 1_024  # characters
_AGENT_ID = re.compile(r"[a-zA-Z0-9._-]{1,128}")
_INSTANCE_ID = re.compile(r"[a-zA-Z0-9-]{0,64}")


def registration(first: agent_pb2.SessionRequest | None) -> agent_pb2.Register:
    """Return what the first message of a session says.

    Raises:
        LoadcellError: INVALID_REQUEST, it is no Register; PROTOCOL_VERSION_UNSUPPORTED; INVALID_FIELD_FORMAT,
            INVALID_FIELD_VALUE, LIMIT_EXCEEDED for a field of it.
    """
    if first is None or first.WhichOneof("message") != "register":
        raise LoadcellError("INVALID_REQUEST", "the first message of a session must be a Register")
    register = first.register
    if register.protocol_version != PROTOCOL_VERSION:
        raise LoadcellError(
            "PROTOCOL_VERSION_UNSUPPORTED",
            f"the agent speaks protocol version {register.protocol_version}, the controller {PROTOCOL_VERSION};"
            " install the same version of loadcell on both",
            metadata={"agent": str(register.protocol_version), "controller": str(PROTOCOL_VERSION)},
        )
    if not _AGENT_ID.fullmatch(register.agent_id):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT",
            "agent_id must be 1 to 128 characters of a-z, A-Z, 0-9, '.', '_' and '-'",
            field="register.agent_id",
        )
    if not _INSTANCE_ID.fullmatch(register.instance_id):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT",
            "instance_id must be at most 64 characters of a-z, A-Z, 0-9 and '-'",
            field="register.instance_id",
        )
    if not 0 <= register.worker_count <= MAX_WORKERS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"worker_count must be from 0 to {MAX_WORKERS:,}, not {register.worker_count}",
            field="register.worker_count",
        )
    for name, pairs in (("labels", register.labels), ("host", register.host)):
        if len(pairs) > MAX_PAIRS or any(len(k) + len(v) > MAX_PAIR_TEXT for k, v in pairs.items()):
            raise LoadcellError(
                "LIMIT_EXCEEDED",
                f"{name} may have {MAX_PAIRS} entries of {MAX_PAIR_TEXT:,} characters",
                field=f"register.{name}",
            )
    _check_labels(register.labels)
    _check_calibration(register.calibration)
    return register


def agent_record(register: agent_pb2.Register) -> AgentRecord:
    """Return the agent that a registration introduces."""
    now = wall_micros()
    return AgentRecord(
        agent_id=register.agent_id,
        hostname=register.hostname[:MAX_PAIR_TEXT],
        worker_count=register.worker_count,
        software_version=register.software_version[:MAX_PAIR_TEXT],
        kernel_timestamps=register.kernel_timestamps,
        draining=False,
        registered_at=now,
        last_seen_at=now,
        labels=dict(register.labels),
        host=dict(register.host),
        calibration=register.calibration if register.HasField("calibration") else None,
    )


def _check_labels(labels: Mapping[str, str]) -> None:
    for key, value in labels.items():
        if key == "count" or not key or not value:
            why = (
                "'count' is how many agents a run asks for"
                if key == "count"
                else "keys and values have characters"
            )
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{key[:MAX_LABEL_TEXT]}={value[:MAX_LABEL_TEXT]} is no label: {why}",
                field="register.labels",
            )


def _check_calibration(calibration: agent_pb2.Calibration) -> None:
    for descriptor, value in calibration.ListFields():
        if not (math.isfinite(value) and value >= 0):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{descriptor.name} of the calibration must be a number from 0, not {value}",
                field=f"register.calibration.{descriptor.name}",
            )
