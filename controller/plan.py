"""From what a client asks for to what will be done: every bound checked, every default written out."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.bounds import MAX_TEXT, in_range, real, text, whole
from controller.comparing import check_validation
from controller.filing import file_under
from controller.labels import check_labels
from controller.planned import level_requests, planned_requests
from controller.target import TargetSecrets, check_secrets, check_server_url
from loadcell.adapters import ADAPTERS
from loadcell.documents import check_free_form
from loadcell.errors import LoadcellError
from loadcell.protocol import (
    MAX_AGENTS,
    MAX_CONCURRENCY,
    MAX_LEVEL_SECONDS,
    MAX_RATE,
    MAX_REQUESTS,
    MAX_REQUESTS_PER_SLOT,
    MAX_TIMEOUT_SECONDS,
    MAX_TOKENS,
    MAX_WARMUP,
    MAX_WORKERS,
    MIN_TIMEOUT_SECONDS,
)
from loadcell.v1 import result_pb2, run_pb2, target_pb2

MAX_LEVELS = 1_000
MAX_CONFIG_BYTES = 64 * 1024  # of framework_config
TIMELINE_REQUESTS = 1_000_000  # up to so many requests token timelines are kept unless the client says otherwise
MIN_RATE = 1 / 86_400  # one a day: from there on no due time of a level overflows
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A checked run: its configuration without secrets, its levels, and the secrets of its target."""

    config: result_pb2.RunConfig
    levels: list[target_pb2.LevelPlan]
    secrets: TargetSecrets = field(repr=False)


def plan_run(request: run_pb2.CreateRunRequest) -> RunPlan:
    """Check a request and resolve every default.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, INVALID_FIELD_FORMAT, MISSING_REQUIRED_FIELD or LIMIT_EXCEEDED with the
            name of the field and its value.
    """
    config = result_pb2.RunConfig(
        server_url=check_server_url(request.server_url),
        model=text("model", request.model),
        adapter=_adapter(request.adapter),
        input_len=whole(request, "input_len", 256, 1, MAX_TOKENS),
        output_len=whole(request, "output_len", 128, 1, MAX_TOKENS),
        stream=request.stream if request.HasField("stream") else True,
        warmup=whole(request, "warmup", 3, 0, MAX_WARMUP),
        timeout=real(
            "timeout",
            request.timeout if request.HasField("timeout") else 120.0,
            MIN_TIMEOUT_SECONDS,
            MAX_TIMEOUT_SECONDS,
        ),
        seed=request.seed,
        labels=check_labels("labels", request.labels),
        header_names=sorted(request.headers),
        tokenizer_asset=_sha256("tokenizer_asset", request.tokenizer_asset),
        dataset_asset=_sha256("dataset_asset", request.dataset_asset),
        agent_count=whole(request, "agent_count", 1, 0, MAX_AGENTS),
        agent_labels=_agent_labels(request),
        worker_count=whole(request, "worker_count", 0, 0, MAX_WORKERS),
        force=request.force,
        framework=text("framework", request.framework),
        tls_verify=request.tls_verify if request.HasField("tls_verify") else True,
    )
    _framework_config(request, config)
    check_validation(request, config)
    file_under(request, config)
    _goodput(request, config)
    _bound(request, config)
    _load(request, config)
    _kept(request, config)
    config.timeline = request.timeline if request.HasField("timeline") else _few_requests(config)
    return RunPlan(config, _levels(config), check_secrets(request.api_key, dict(request.headers)))


def _load(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    """Resolve concurrency or rate: which levels there are."""
    if request.concurrency and request.rate:
        raise LoadcellError("INVALID_FIELD_VALUE", "concurrency and rate exclude each other", field="rate")
    if request.arrival not in target_pb2.Arrival.values():
        raise LoadcellError("INVALID_FIELD_VALUE", f"arrival {request.arrival} is not known", field="arrival")
    if max(len(request.concurrency), len(request.rate)) > MAX_LEVELS:
        raise LoadcellError("LIMIT_EXCEEDED", f"a run has at most {MAX_LEVELS:,} levels", field="concurrency")
    if request.rate:
        config.rate.extend(_rate(config, rate) for rate in request.rate)
        config.arrival = request.arrival or target_pb2.ARRIVAL_CONSTANT
        if request.HasField("max_concurrency"):
            config.max_concurrency = whole(request, "max_concurrency", 0, 1, MAX_CONCURRENCY)
        return
    if request.arrival == target_pb2.ARRIVAL_POISSON:
        raise LoadcellError("INVALID_FIELD_VALUE", "arrival poisson needs a rate", field="arrival")
    if request.HasField("max_concurrency"):
        raise LoadcellError("INVALID_FIELD_VALUE", "max_concurrency needs a rate", field="max_concurrency")
    for concurrency in request.concurrency or [1]:
        in_range("concurrency", concurrency, 1, MAX_CONCURRENCY)
        if config.HasField("num_prompts") and level_requests(config, concurrency) < concurrency:
            default = "" if request.HasField("num_prompts") else " (the default)"
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"num_prompts is {config.num_prompts}{default} but concurrency {concurrency} needs at least as"
                " many requests to be reached",
                field="num_prompts",
            )
        config.concurrency.append(concurrency)


def _rate(config: result_pb2.RunConfig, rate: float) -> float:
    """Return a rate that is in its range, and at which a number of requests takes no longer than a level may."""
    real("rate", rate, 0.0, MAX_RATE, above=True)
    if rate < MIN_RATE:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"rate must be at least {MIN_RATE:.3g}, one request a day, not {rate:g}",
            field="rate",
        )
    if config.num_prompts / rate > MAX_LEVEL_SECONDS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{config.num_prompts:,} requests at rate {rate:g} take longer than a level may,"
            f" {MAX_LEVEL_SECONDS:,.0f} seconds; raise the rate or lower num_prompts",
            field="rate",
        )
    return rate


def _bound(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    """Resolve num_prompts or duration_seconds: when a level ends."""
    if request.HasField("requests_per_slot") and (request.rate or request.HasField("duration_seconds")):
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            "requests_per_slot is for levels of a concurrency that end after a number of requests",
            field="requests_per_slot",
        )
    if not request.HasField("duration_seconds"):
        config.num_prompts = whole(request, "num_prompts", 100, 1, MAX_REQUESTS)
        if request.HasField("requests_per_slot"):
            config.requests_per_slot = whole(request, "requests_per_slot", 0, 1, MAX_REQUESTS_PER_SLOT)
        return
    if request.HasField("num_prompts"):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "num_prompts and duration_seconds exclude each other", field="duration_seconds"
        )
    config.duration_seconds = real(
        "duration_seconds", request.duration_seconds, 0.0, MAX_LEVEL_SECONDS, above=True
    )


def _kept(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    """Resolve which requests are kept as traces."""
    if request.sketch_only and request.HasField("trace_sample_rate"):
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            "sketch_only and trace_sample_rate exclude each other",
            field="trace_sample_rate",
        )
    config.sketch_only = request.sketch_only
    if not request.sketch_only:
        rate = request.trace_sample_rate if request.HasField("trace_sample_rate") else 1.0
        config.trace_sample_rate = real("trace_sample_rate", rate, 0.0, 1.0, above=True)


def _levels(config: result_pb2.RunConfig) -> list[target_pb2.LevelPlan]:
    shapes: list[tuple[int, float]] = [(n, 0.0) for n in config.concurrency] or [(0, rate) for rate in config.rate]
    return [
        target_pb2.LevelPlan(
            index=index,
            concurrency=concurrency,
            rate=rate,
            arrival=config.arrival,
            max_concurrency=config.max_concurrency,
            request_count=level_requests(config, concurrency),
            # A length below a microsecond would read as "not bounded by time".
            duration_micros=max(1, round(config.duration_seconds * 1e6)) if config.duration_seconds else 0,
            warmup_count=config.warmup,
        )
        for index, (concurrency, rate) in enumerate(shapes)
    ]


def _few_requests(config: result_pb2.RunConfig) -> bool:
    if config.HasField("num_prompts"):
        return planned_requests(config) <= TIMELINE_REQUESTS
    # How many requests a closed loop makes in a given time is known only afterwards.
    return sum(config.rate) * config.duration_seconds <= TIMELINE_REQUESTS


def _adapter(name: str) -> str:
    if name and name not in ADAPTERS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"adapter {name[:MAX_TEXT]!r} is not known; known: {', '.join(ADAPTERS)}",
            field="adapter",
        )
    return name or ADAPTERS[0]


def _agent_labels(request: run_pb2.CreateRunRequest) -> dict[str, str]:
    labels = check_labels("agent_labels", request.agent_labels)
    if "count" in labels:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"agent_labels has no 'count'; the number of agents is agent_count: {labels['count'][:64]}",
            field="agent_labels",
        )
    return labels


def _framework_config(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    given = [name for name in ("framework_config", "vllm_config") if request.HasField(name)]
    if len(given) == 2:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "vllm_config is the older name of framework_config; give one", field=given[1]
        )
    for name in given:
        settings = getattr(request, name)
        if settings.ByteSize() > MAX_CONFIG_BYTES:
            raise LoadcellError("LIMIT_EXCEEDED", f"{name} has more than {MAX_CONFIG_BYTES} bytes", field=name)
        check_free_form(settings, name)
        config.framework_config.CopyFrom(settings)


def _goodput(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    for name in ("ttft_ms", "tpot_ms", "e2e_ms"):
        if request.goodput_thresholds.HasField(name):
            value = getattr(request.goodput_thresholds, name)
            real(f"goodput_thresholds.{name}", value, 0.0, 1e12, above=True)
            setattr(config.goodput_thresholds, name, value)


def _sha256(name: str, value: str) -> str:
    if value and (len(value) != 64 or not _HEX.issuperset(value)):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", f"{name} must be a SHA-256 in 64 lower-case hex digits", field=name
        )
    return value
