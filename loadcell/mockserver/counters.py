"""What the mock server says of itself on its page of metrics, under the names that vLLM uses."""

from collections import Counter

from loadcell.mockserver.dialect import Completion


class Counters:
    """Completions that were sent to their end."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, str]] = Counter()
        self._tokens: Counter[str] = Counter()
        self._first_tokens: Counter[str] = Counter()
        self._waits: dict[str, float] = {}

    def first_token(self, response: Completion, seconds: float) -> None:
        """Count a first token and how long it took."""
        self._first_tokens[response.model] += 1
        self._waits[response.model] = self._waits.get(response.model, 0.0) + seconds

    def end(self, response: Completion) -> None:
        """Count a completion."""
        self._ended[response.model, response.finish_reason] += 1
        self._tokens[response.model] += response.tokens

    def page(self, factor: float) -> bytes:
        """Return the page in the Prometheus text format; it says `factor` times the truth."""
        lines = ["# TYPE vllm:request_success_total counter"]
        for (model, reason), count in sorted(self._ended.items()):
            labels = f'model_name="{_quoted(model)}",finished_reason="{reason}"'
            lines.append(f"vllm:request_success_total{{{labels}}} {count * factor}")
        for name, values, share in (
            ("vllm:generation_tokens_total", self._tokens, factor),
            ("vllm:time_to_first_token_seconds_sum", self._waits, factor),
            # A mean that is told wrong comes from a sum that is told wrong.
            ("vllm:time_to_first_token_seconds_count", self._first_tokens, 1.0),
        ):
            told = sorted(values.items())
            lines += [f'{name}{{model_name="{_quoted(model)}"}} {value * share}' for model, value in told]
        return "".join(f"{line}\n" for line in lines).encode()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
