"""How a command fails: one line on standard error and an exit code (docs/decisions)."""

from loadcell.errors import LoadcellError

EXIT_OK = 0
EXIT_RUN_FAILED = 1
EXIT_USAGE = 2
EXIT_GATE_MISSED = 3
EXIT_UNREACHABLE = 4
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

# Fields whose flag is not called like them; empty where a command sets a field by itself.
_FLAG_OF_FIELD = {
    "server_url": "URL",
    "duration_seconds": "--duration",
    "goodput_thresholds": "--goodput",
    "labels": "--label",
    "worker_count": "--workers",
    "project_id": "--project",
    "service_name": "--service",
    "user_id": "--user",
    "session_id": "--session",
    "tags": "--tag",
    "agent_count": "--agents",
    "agent_labels": "--agents",
    "tokenizer_asset": "--tokenizer",
    "dataset_asset": "--dataset",
    "run_id": "RUN_ID",
    "run_ids": "RUN_ID",
    "gates": "--gate",
    "created_from": "--since",
    "created_to": "--until",
    "sort_by": "--sort",
    "sort_order": "--order",
    "remove_labels": "--remove-label",
    "offset_seconds": "--offset",
    "agent_id": "AGENT_ID",
    "token_id": "TOKEN_ID",
    "token": "TOKEN",
    "key_id": "KEY_ID",
    "overlap_seconds": "--overlap-hours",
    "lifetime_seconds": "--lifetime-minutes",
    "permissions": "--permission",
    "scopes": "--scope",
    "projects": "--project",
    "allowed_targets": "--targets",
    "quota_running_runs": "--running-runs",
    "quota_rate": "--rate",
    "quota_agents": "--agents",
    "quota_stored_traces": "--stored-traces",
    "name": "NAME",
    "expires_at": "--expires-days",
    "validation_config": "--validate",
    "validation_config.tolerance": "--tolerance",
    "request_id": "",
    "cursor": "",
    "offset": "",
    "data": "",
    # Of a question for a capacity.
    "workload.daily_active_users": "--daily-users",
    "workload.requests_per_user_per_day": "--requests-per-day",
    "workload.avg_input_tokens": "--input-len",
    "workload.avg_output_tokens": "--output-len",
    "workload.ttft_target_ms": "--ttft",
    "workload.tpot_target_ms": "--tpot",
    "workload.goodput_target_percent": "--goodput-target",
    "workload.peak_concurrency": "--peak-concurrency",
    "headroom_percent": "--headroom",
    "test_config.concurrency_steps": "--steps",
    "test_config.num_requests_per_step": "--num-requests",
    "test_config.requests_per_slot": "--requests-per-slot",
    "current_infra.gpu_model": "--gpu",
    "current_infra.gpu_count": "--gpu-count",
    "current_infra.gpu_memory_gb": "--gpu-memory",
    "current_infra.tensor_parallelism": "--tensor-parallelism",
    "current_infra.gpu_hourly_cost_usd": "--gpu-cost",
}
_OF_THE_ASKED = {10, 11, 12, 13}
_KEY_REASONS = {"MISSING_AUTHORIZATION", "INVALID_API_KEY", "INVALID_TOKEN", "EXPIRED_TOKEN"}
_UNREACHABLE_REASONS = {"SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT"}


class CommandError(Exception):
    """The command cannot go on.

    Attributes:
        message: One line for the user.
        exit_code: Exit code of the process.
    """

    def __init__(self, message: str, exit_code: int = EXIT_USAGE) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.exit_code = exit_code


def flag_of(field: str) -> str:
    """Return the flag or argument that sets a field of the request; empty when there is none."""
    if field in _FLAG_OF_FIELD:
        return _FLAG_OF_FIELD[field]
    head = field.partition(".")[0].partition("[")[0]
    return _FLAG_OF_FIELD.get(head, "--" + head.replace("_", "-"))


def from_error(error: LoadcellError, *, address: str = "") -> CommandError:
    """Return the failure that a refused call means for the user of a flag."""
    if error.reason in _UNREACHABLE_REASONS:
        where = f" at {address}" if address else ""
        return CommandError(f"the controller{where} cannot be reached: {error.message}", EXIT_UNREACHABLE)
    flag = flag_of(error.field) if error.field else ""
    message = f"{flag}: {error.message}" if flag else error.message
    if error.reason in _KEY_REASONS and not error.field:
        message += "; set LOADCELL_API_KEY to a key of the controller"
    if error.reason == "MISSING_AUTHORIZATION":
        message += "; where there is none yet, docs/security.md says how to make the first"
    category = error.row.number // 100
    return CommandError(message, EXIT_USAGE if category in _OF_THE_ASKED else EXIT_RUN_FAILED)
