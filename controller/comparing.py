"""Whether a run is compared with what its server says of itself. Pure."""

from __future__ import annotations

from controller.bounds import real, text
from loadcell.v1 import result_pb2, run_pb2

DEFAULT_TOLERANCE = 0.05


def check_validation(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    """Resolve validation_config; a run that is not compared has none.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    asked = request.validation_config
    tolerance = real(
        "validation_config.tolerance",
        asked.tolerance if asked.HasField("tolerance") else DEFAULT_TOLERANCE,
        0.0,
        1.0,
    )
    container = text("validation_config.container_name", asked.container_name)
    if asked.enabled:
        resolved = config.validation_config
        resolved.enabled, resolved.tolerance, resolved.container_name = True, tolerance, container
        if asked.HasField("docker_enabled"):
            resolved.docker_enabled = asked.docker_enabled
