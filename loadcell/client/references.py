"""What a run may be named by."""

from loadcell.v1 import recommend_pb2, result_pb2, run_pb2

RunReference = (
    str
    | run_pb2.Run
    | run_pb2.CreateRunResponse
    | result_pb2.RunResult
    | recommend_pb2.CreateRecommendationResponse
    | recommend_pb2.GetRecommendationResponse
    | recommend_pb2.GetRecommendationResultResponse
)
"""A run: its identifier, or any message that carries it."""


def identifier(run: RunReference) -> str:
    """Return the identifier of a run."""
    return run if isinstance(run, str) else run.run_id
