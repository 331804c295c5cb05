"""What inference servers count of themselves, by the names on their Prometheus pages."""

from __future__ import annotations

from dataclasses import dataclass

MODEL_LABEL = "model_name"
STARTED = "process_start_time_seconds"  # of the server, another one after a restart
MAX_SERIES = 2_000  # of a page that are looked at; a server has a few for each engine and model


@dataclass(frozen=True, slots=True)
class Engine:
    """The counters of an inference server.

    Attributes:
        title: The server as people call it.
        requests: Requests that have ended.
        output_tokens: Tokens generated.
        ttft_sum: Times to first token, added up, in seconds.
        ttft_count: How many these are.
        end_label: Label of `requests` that says how they ended; "" when there is none.
    """

    title: str
    requests: str
    output_tokens: str
    ttft_sum: str
    ttft_count: str
    end_label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All counters."""
        return self.requests, self.output_tokens, self.ttft_sum, self.ttft_count


def _engine(title: str, prefix: str, requests: str, end_label: str = "") -> Engine:
    ttft = f"{prefix}time_to_first_token_seconds"
    return Engine(
        title, prefix + requests, f"{prefix}generation_tokens_total", f"{ttft}_sum", f"{ttft}_count", end_label
    )


# Some exporters write the colon of a name as an underscore.
ENGINES = (
    _engine("vLLM", "vllm:", "request_success_total", "finished_reason"),
    _engine("vLLM", "vllm_", "request_success_total", "finished_reason"),
    _engine("SGLang", "sglang:", "num_requests_total"),
    _engine("SGLang", "sglang_", "num_requests_total"),
)
NAMES = frozenset([STARTED, *(name for engine in ENGINES for name in engine.names)])
