"""What the states of a run mean to a client."""

from loadcell.v1 import run_pb2

_ENDED = {run_pb2.RUN_STATE_COMPLETED, run_pb2.RUN_STATE_FAILED, run_pb2.RUN_STATE_CANCELLED}


def has_ended(run: run_pb2.Run) -> bool:
    """Tell whether nothing will happen to a run any more."""
    return run.state in _ENDED
