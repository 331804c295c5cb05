"""Looks at a target before load starts: can it be reached, which model, does it take our requests."""

from __future__ import annotations

import asyncio
import time

from agent.engine.engine import Engine
from agent.engine.request import PreparedRequest
from agent.engine.route import Route
from agent.models import ModelList, choose_model, list_models, unknown_model
from agent.samples.outcome import ErrorClass, Status, TokenSource
from agent.samples.sample import Sample
from agent.targets.dialect import Dialect
from agent.targets.endpoint import Endpoint
from agent.targets.prompt import Prompt
from agent.targets.registry import create
from agent.worker.messages import Workload
from agent.worker.preparation import load_tokenizer, prompt_source
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import agent_pb2, target_pb2

# The test request must end, however long the requests of the run may take.
_LONGEST_TEST_NS = 300 * 1_000_000_000
# Far from the ordinals of any run, so that a made test prompt is nobody's cached prefix.
_TEST_ORDINAL = (1 << 34) - 1
_STOPPING_STATUSES = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
_PLAUSIBLE_WORDS_PER_TOKEN = (0.25, 4.0)
_UNREACHABLE = frozenset({ErrorClass.CONNECT, ErrorClass.DNS, ErrorClass.TLS, ErrorClass.TIMEOUT})


async def probe_target(
    target: target_pb2.TargetSpec, workload: Workload, guard: TargetGuard
) -> agent_pb2.ProbeResult:
    """Return the model, what the server accepts and how it counts; `probe_id` is left to the caller.

    Raises:
        LoadcellError: load cannot start: TARGET_DENIED, TARGET_UNREACHABLE, TARGET_REFUSED, MODEL_NOT_FOUND,
            MODEL_AMBIGUOUS or INVALID_FIELD_VALUE.
        PromptError: the tokenizer or dataset cannot be used.
    """
    endpoint = Endpoint.parse(target.server_url, tls_verify=target.tls_verify)
    tokenizer = await asyncio.to_thread(load_tokenizer, workload)
    prompts = await asyncio.to_thread(prompt_source, workload, tokenizer)
    prompt, _ = prompts(0 if workload.dataset_path else _TEST_ORDINAL, warmup=True)
    route = Route(endpoint, guard)
    await _send(target, route, None, pin_output=False)
    models = await list_models(target, route, _dialect(target, endpoint, pin_output=False))
    chosen = target_pb2.TargetSpec()
    chosen.CopyFrom(target)
    chosen.model = choose_model(target.model, models)
    result = agent_pb2.ProbeResult(model=chosen.model, pin_output=True, words_per_token=1.0)
    sample = await _send(chosen, route, prompt, pin_output=True)
    assert sample is not None  # noqa: S101  a prompt was given
    if sample.http_status in (400, 422):
        pinned_refusal = sample.error_message
        sample = await _send(chosen, route, prompt, pin_output=False)
        assert sample is not None  # noqa: S101  a prompt was given
        result.pin_output = False
        if sample.http_status not in _STOPPING_STATUSES:
            result.notes.append(
                "the server does not accept min_tokens and ignore_eos, so the output length is not pinned: "
                + pinned_refusal
            )
    _judge(sample, chosen.model, endpoint, models, result)
    if not workload.tokenizer_path and not workload.dataset_path:
        _calibrate_words(sample, workload.input_len, result)
    return result


async def _send(
    target: target_pb2.TargetSpec, route: Route, prompt: Prompt | None, *, pin_output: bool
) -> Sample | None:
    """Connect and, when there is a prompt, send one request for one token over the path of the load."""
    dialect = _dialect(target, route.endpoint, pin_output=pin_output)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Sample] = loop.create_future()

    def take(sample: Sample) -> None:
        if not done.done():  # closing reports what is in flight, and a cancelled probe waits no more
            done.set_result(sample)

    timeout_ns = min(target.timeout_micros * 1000, _LONGEST_TEST_NS)
    engine = Engine(loop, route, dialect, timeout_ns=timeout_ns, on_sample=take)
    try:
        await engine.warm(1)
        if prompt is None:
            return None
        engine.submit(
            PreparedRequest(
                ordinal=0,
                warmup=True,
                scheduled_ns=time.monotonic_ns(),
                payload=dialect.build(prompt, 1),
                requested_tokens=1,
                prompt_tokens=prompt.tokens,
            )
        )
        return await done
    finally:
        await engine.close()


def _dialect(target: target_pb2.TargetSpec, endpoint: Endpoint, *, pin_output: bool) -> Dialect:
    return create(
        target.adapter,
        endpoint,
        model=target.model,
        stream=target.stream,
        api_key=target.api_key,
        headers=dict(target.headers),
        pin_output=pin_output,
        redact=target.redact_texts,
    )


def _judge(
    sample: Sample, model: str, endpoint: Endpoint, models: ModelList, result: agent_pb2.ProbeResult
) -> None:
    """Raise when load makes no sense, note what is odd."""
    if sample.status == Status.OK:
        return
    where, told = f"{endpoint.host}:{endpoint.port}", sample.error_message
    if sample.error_class in _UNREACHABLE:
        raise LoadcellError("TARGET_UNREACHABLE", f"the server at {where} did not answer the test request: {told}")
    if sample.http_status in _STOPPING_STATUSES:
        if _is_about_model(sample, model, models):
            raise unknown_model(model, models, told)
        raise LoadcellError("TARGET_REFUSED", f"the server at {where} refused the test request: {told}")
    if sample.error_class == ErrorClass.PROTOCOL:
        raise LoadcellError("TARGET_REFUSED", f"the server at {where} does not speak this API: {told}")
    if sample.error_class != ErrorClass.EMPTY:  # one token may well be the start of a hidden thought
        result.notes.append(f"the test request failed: {told}")


def _is_about_model(sample: Sample, model: str, models: ModelList) -> bool:
    if sample.http_status not in (400, 404, 422):
        return False
    unlisted = bool(models.names) and model not in models.names
    return unlisted or (sample.http_status == 404 and "model" in sample.error_message.lower())


def _calibrate_words(sample: Sample, words: int, result: agent_pb2.ProbeResult) -> None:
    if sample.token_source != TokenSource.SERVER or sample.prompt_tokens <= 0:
        result.notes.append(
            "prompts have one word for each wanted token: without a tokenizer the server's own count is needed, "
            "and it gave none"
        )
        return
    lowest, highest = _PLAUSIBLE_WORDS_PER_TOKEN
    ratio = words / sample.prompt_tokens
    if lowest <= ratio <= highest:
        result.words_per_token = ratio
    else:
        result.notes.append(
            f"prompts have one word for each wanted token: {sample.prompt_tokens} tokens for {words} words, as "
            "the server counts, cannot be right"
        )
