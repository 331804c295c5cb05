"""The target of a run: its address, its secrets, and what agents are told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.store.records import RunRecord
from loadcell.errors import LoadcellError
from loadcell.target_headers import check_api_key, check_headers
from loadcell.target_url import parse_target_url
from loadcell.v1 import result_pb2, target_pb2


@dataclass(frozen=True, slots=True)
class TargetSecrets:
    """What the target must be told and nobody else. Stored sealed or not at all: see `Vault`."""

    api_key: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.api_key or self.headers)


def check_server_url(url: str) -> str:
    """Return the URL without trailing slashes.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD or INVALID_FIELD_VALUE.
    """
    if not url:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "server_url is required", field="server_url")
    try:
        parse_target_url(url)
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", f"server_url {error}", field="server_url") from error
    return url.rstrip("/")


def check_secrets(api_key: str, headers: dict[str, str]) -> TargetSecrets:
    """Check credentials and extra headers; no message shows a value.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE or LIMIT_EXCEEDED.
    """
    check_api_key(api_key)
    check_headers(headers)
    return TargetSecrets(api_key, headers)


def unprobed_target(config: result_pb2.RunConfig, secrets: TargetSecrets) -> target_pb2.TargetSpec:
    """Return a target as agents are told of it that have yet to look at it."""
    return target_pb2.TargetSpec(
        server_url=config.server_url,
        adapter=config.adapter,
        model=config.model,
        api_key=secrets.api_key,
        headers=secrets.headers,
        stream=config.stream,
        timeout_micros=round(config.timeout * 1e6),
        tls_verify=config.tls_verify,
        allowed_targets=config.allowed_targets,
        redact_texts=config.redact_texts,
    )


def target_spec(run: RunRecord, secrets: TargetSecrets) -> target_pb2.TargetSpec:
    """Return the target of a run as agents are told of it, with what the look at it has shown so far."""
    target = unprobed_target(run.config, secrets)
    target.model, target.pin_output = run.model, run.pin_output
    return target


def workload_spec(config: result_pb2.RunConfig, words_per_token: float) -> target_pb2.WorkloadSpec:
    """Return the workload as agents are told of it."""
    return target_pb2.WorkloadSpec(
        input_len=config.input_len,
        output_len=config.output_len,
        seed=config.seed,
        tokenizer_asset=config.tokenizer_asset,
        dataset_asset=config.dataset_asset,
        words_per_token=words_per_token,
        record_texts=config.record_texts,
    )
