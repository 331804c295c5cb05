"""Which settings of runs differ from those of the first, so that their figures are not of the same thing. Pure.

Names are those of `RunConfig`, values texts for a reader. Left out is what moves no figure (labels, projects, what
texts are kept) and what changes from run to run as a matter of course (the seed). Secrets are in no configuration;
what looks like one in an address is cut off all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from google.protobuf.message import Message

from controller.query.pairs import key_of
from loadcell.levels import level_name, parse_level_key
from loadcell.v1 import result_pb2, run_pb2, target_pb2

MAX_CHARACTERS = 120  # of a value
NONE = "none"
_CUT = " ... "
_ARRIVALS = {target_pb2.ARRIVAL_CONSTANT: "constant", target_pb2.ARRIVAL_POISSON: "poisson"}
_HASH_CHARACTERS = 12  # enough to tell files apart


def setting_differences(results: Sequence[result_pb2.RunResult]) -> Iterator[run_pb2.SettingDifference]:
    """Yield what sets every further run apart from the first, in the order of the runs and of `SETTINGS`.

    Args:
        results: One or more; of runs with the same settings and levels nothing comes.
    """
    base = results[0]
    for result in results[1:]:
        values = [(name, value(base), value(result)) for name, value in SETTINGS.items()]
        for setting, of_base, of_run in [*values, ("levels_not_compared", *_unpaired(base, result))]:
            if of_base != of_run:
                yield run_pb2.SettingDifference(
                    run_id=result.run_id, setting=setting, base_value=_short(of_base), value=_short(of_run)
                )


def _address(result: result_pb2.RunResult) -> str:
    parts = urlsplit(result.server_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _prompts(result: result_pb2.RunResult) -> str:
    return "as in the dataset" if result.config.dataset_asset else f"{result.config.input_len:,} tokens"


def _optional(message: Message, name: str, unit: str) -> str:
    return f"{getattr(message, name):,.12g} {unit}".rstrip() if message.HasField(name) else NONE


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts) or NONE


def _unpaired(base: result_pb2.RunResult, result: result_pb2.RunResult) -> tuple[str, str]:
    """Return the levels that only the one, and only the other has."""
    of_base, of_run = (Counter(key_of(level) for level in one.results) for one in (base, result))
    return _levels(of_base - of_run), _levels(of_run - of_base)


def _levels(keys: Counter[str]) -> str:
    return _listed(level_name(*parse_level_key(key)) for key in keys.elements())


def _short(text: str) -> str:
    """Return a text whose beginning and end stay: that is where names and addresses differ."""
    if len(text) <= MAX_CHARACTERS:
        return text
    kept = (MAX_CHARACTERS - len(_CUT)) // 2
    return text[:kept] + _CUT + text[-kept:]


SETTINGS: dict[str, Callable[[result_pb2.RunResult], str]] = {
    "server_url": _address,
    "model": lambda r: r.model or NONE,
    "adapter": lambda r: r.adapter or NONE,
    "framework": lambda r: r.config.framework or NONE,
    "dataset_asset": lambda r: r.config.dataset_asset[:_HASH_CHARACTERS] or NONE,
    "tokenizer_asset": lambda r: r.config.tokenizer_asset[:_HASH_CHARACTERS] or NONE,
    "input_len": _prompts,
    "output_len": lambda r: f"{r.config.output_len:,} tokens",
    "stream": lambda r: "yes" if r.config.stream else "no",
    "arrival": lambda r: _ARRIVALS.get(r.config.arrival, "closed loop"),
    "max_concurrency": lambda r: _optional(r.config, "max_concurrency", ""),
    "num_prompts": lambda r: _optional(r.config, "num_prompts", "requests"),
    "requests_per_slot": lambda r: _optional(r.config, "requests_per_slot", "requests"),
    "duration_seconds": lambda r: _optional(r.config, "duration_seconds", "s"),
    "warmup": lambda r: f"{r.config.warmup:,} requests",
    "timeout": lambda r: f"{r.config.timeout:,.12g} s",
    "goodput_thresholds.ttft_ms": lambda r: _optional(r.config.goodput_thresholds, "ttft_ms", "ms"),
    "goodput_thresholds.tpot_ms": lambda r: _optional(r.config.goodput_thresholds, "tpot_ms", "ms"),
    "goodput_thresholds.e2e_ms": lambda r: _optional(r.config.goodput_thresholds, "e2e_ms", "ms"),
    "header_names": lambda r: _listed(sorted(name.lower() for name in r.config.header_names)),
    "agent_count": lambda r: f"{r.config.agent_count or 1:,}",
    "agent_labels": lambda r: _listed(f"{k}={v}" for k, v in sorted(r.config.agent_labels.items())),
    "worker_count": lambda r: f"{r.config.worker_count:,}" if r.config.worker_count else "all",
    "percentiles": lambda r: r.percentiles or NONE,
}
"""What is compared: how each setting is read from a result, by its name, those that matter most first."""
