"""What this host was measured to be capable of, kept as JSON in the data directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import structlog

from loadcell.data_dir import make_private
from loadcell.v1 import agent_pb2

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HostCalibration:
    """What one worker reached on this host; the fields of Calibration in agent.proto."""

    max_requests_per_sec: float
    max_tokens_per_sec: float
    stamp_error_p99_micros: float
    cpu_micros_per_token: float
    measured_at_micros: int

    def to_json(self) -> str:
        """Return the calibration as one line."""
        return json.dumps(asdict(self))


def calibration_file(data_dir: Path) -> Path:
    """Return where the calibration of this host lies."""
    return data_dir / "calibration.json"


def load_calibration(data_dir: Path) -> agent_pb2.Calibration | None:
    """Return the stored calibration, None when this host was never calibrated or the file cannot be read."""
    path = calibration_file(data_dir)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return agent_pb2.Calibration(**{field.name: stored[field.name] for field in fields(HostCalibration)})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("calibration_unreadable", path=str(path), error=str(error))
        return None


def store_calibration(calibration: HostCalibration, data_dir: Path) -> None:
    """Keep a calibration; agents with this data directory tell it whenever they connect."""
    make_private(data_dir)
    part = calibration_file(data_dir).with_suffix(".part")
    part.write_text(calibration.to_json() + "\n", encoding="utf-8")
    part.replace(calibration_file(data_dir))
