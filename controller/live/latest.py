"""The request of a batch that ended last, for who watches the run. Pure."""

from __future__ import annotations

import numpy as np

from controller.report.level import error_word
from controller.trace_ids import RequestKey, trace_id
from loadcell.stats.columns import ERROR, OK, SampleArrays
from loadcell.v1 import run_pb2


def latest_request(
    run_key: int, level: int, lease_key: int, samples: SampleArrays, start_micros: int
) -> run_pb2.RequestLog | None:
    """Return the measured request that ended last, None when none did by itself.

    Args:
        run_key: The run.
        level: Position of the level.
        lease_key: Whose requests these are.
        samples: A batch of them.
        start_micros: When the level started, in microseconds since 1970 UTC.
    """
    ended = (samples.warmup == 0) & ((samples.status == OK) | (samples.status == ERROR))
    if not ended.any():
        return None
    ends = samples.start_offset_micros + np.maximum(samples.e2e_micros, 0)
    row = int(np.flatnonzero(ended)[np.argmax(ends[ended])])
    ttft, e2e = int(samples.ttft_micros[row]), int(samples.e2e_micros[row])
    tokens, success = int(samples.completion_tokens[row]), int(samples.status[row]) == OK
    found = run_pb2.RequestLog(
        trace_id=trace_id(RequestKey(run_key, level, 0, int(samples.ordinal[row]), lease_key)),
        success=success,
        ttft_ms=ttft / 1e3 if ttft >= 0 else None,
        e2e_ms=e2e / 1e3 if e2e >= 0 else None,
        output_tokens=tokens if tokens >= 0 else None,
        error_type=None if success else error_word(int(samples.error_class[row])),
    )
    found.timestamp.FromMicroseconds(start_micros + int(ends[row]))
    return found
