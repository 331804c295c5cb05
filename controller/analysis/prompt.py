"""What a language model is asked: the numbers of a result, and what the rules have found. Pure.

Nothing that people wrote goes into it but the name of the model, as far as it looks like one: no address, no
prompt, no message of an error, no label or note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from google.protobuf.message import Message

from controller.analysis.level import figure
from controller.analysis.rules import analyze
from controller.analysis.text import sections_of, shown
from controller.analysis.words import language
from loadcell.v1 import result_pb2

MAX_LEVELS: Final = 100
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._:/@+-]")
_MAX_NAME: Final = 128
# Of models of Qwen: answer at once.
_NO_THINKING: Final = "/no_think\n"
_CONFIG: Final = (
    "num_prompts",
    "duration_seconds",
    "max_concurrency",
    "input_len",
    "output_len",
    "warmup",
    "timeout",
)
_OBJECTIVES: Final = ("ttft_ms", "tpot_ms", "e2e_ms")
_LATENCIES: Final = {
    "ttft": ("p50", "p95", "p99"),
    "tpot": ("p50", "p99"),
    "itl": ("p99",),
    "e2e_latency": ("p50", "p95", "p99"),
}
_RATES: Final = {
    "output_tokens_per_s": "throughput_tokens_per_sec",
    "input_tokens_per_s": "input_throughput_tokens_per_sec",
    "requests_per_s": "request_rate_per_sec",
    "tokens_per_s_of_one_user": "per_user_tokens_per_sec",
    "errors_percent": "error_rate_percent",
    "cache_hit_share": "cache_hit_share",
}


def messages(result: result_pb2.RunResult, code: str, *, thinking: bool) -> list[dict[str, str]]:
    """Return the messages of a chat that asks for an analysis in a language.

    Args:
        result: The result.
        code: The language.
        thinking: Whether the model is to think before it answers.
    """
    words = language(code)
    findings = [replace(one, details=()) for one in analyze(result)]
    parts = [
        words.task,
        "# Run",
        *_run(result),
        "# Levels (times in milliseconds; - is not known)",
        *_table(result),
        "# Findings of the rules",
        "".join(sections_of(findings, words)),
    ]
    return [
        {"role": "system", "content": ("" if thinking else _NO_THINKING) + words.persona},
        {"role": "user", "content": "\n".join(parts)},
    ]


def _run(result: result_pb2.RunResult) -> Iterator[str]:
    config = result.config
    yield f"model: {_NOT_IN_NAMES.sub('', result.model)[:_MAX_NAME] or '-'}"
    yield f"streamed: {'yes' if config.stream else 'no'}"
    for name in _CONFIG:
        yield f"{name}: {_number(config, name)}"
    for name in _OBJECTIVES:
        yield f"objective {name}: {_number(config.goodput_thresholds, name)}"
    yield f"agents: {len(result.agents)}, workers: {sum(agent.worker_count for agent in result.agents)}"


def _table(result: result_pb2.RunResult) -> Iterator[str]:
    columns = ["concurrency", "requested_rate", "requests", "failed", *_RATES, "goodput_percent"]
    columns += [f"{name}_{statistic}" for name, statistics in _LATENCIES.items() for statistic in statistics]
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for level in result.results[:MAX_LEVELS]:
        yield f"| {' | '.join(_cells(level))} |"


def _cells(level: result_pb2.LevelResult) -> Iterator[str]:
    yield _number(level, "concurrency")
    yield _number(level, "requested_rate")
    yield str(level.total_requests)
    yield str(level.failed_requests)
    for name in _RATES.values():
        yield _number(level, name)
    yield _number(level.goodput, "goodput_percent")
    for name, statistics in _LATENCIES.items():
        for statistic in statistics:
            yield _number(getattr(level, name), statistic)


def _number(message: Message, name: str) -> str:
    field = message.DESCRIPTOR.fields_by_name[name]
    number = figure(message, name) if field.has_presence else float(getattr(message, name))
    return "-" if number is None else shown(number)
