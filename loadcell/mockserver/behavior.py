"""What the mock server does to each request: pure, seeded functions of the request's number."""

import enum
from dataclasses import dataclass, fields

_MASK = (1 << 64) - 1


class Fault(enum.Enum):
    """The way in which a request goes wrong."""

    NONE = "none"
    SERVER_ERROR = "server_error"
    RATE_LIMIT = "rate_limit"
    TRUNCATE = "truncate"
    STALL = "stall"
    ERROR_EVENT = "error_event"
    EMPTY = "empty"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """Everything that can be asked of the mock server. Rates are shares of requests, 0 to 1, and add up.

    Attributes:
        models: Names of the models served.
        ttft_ms: Time to the first token in milliseconds.
        itl_ms: Time between payload events in milliseconds.
        jitter: Spread of both times as a share of them, 0 to 1.
        output_tokens: Length of a completion when the request sets none, in tokens.
        tokens_per_event: Tokens in one payload event.
        reasoning_tokens: Tokens of each completion that are reasoning and come first.
        prompt_tokens: Prompt tokens reported; -1 counts the words of the prompt.
        role_chunk: Whether a chat stream opens at once with an event that carries the role and nothing else.
        usage: Whether usage is reported at all.
        metrics: Whether there is a page of metrics.
        metrics_factor: What the page says, as a share of the truth.
        server_error_rate: Requests answered with status 500.
        rate_limit_rate: Requests answered with status 429.
        truncate_rate: Responses cut off half way, without terminator.
        stall_rate: Responses that pause half way for stall_ms.
        stall_ms: Length of a stall in milliseconds.
        error_event_rate: Streams that end half way with an error event.
        empty_rate: Complete responses without any generated payload.
        reset_rate: Connections dropped without an answer.
        seed: Decides which requests go wrong and by how much times spread.
    """

    models: tuple[str, ...] = ("mock-model",)
    ttft_ms: float = 0.0
    itl_ms: float = 0.0
    jitter: float = 0.0
    output_tokens: int = 128
    tokens_per_event: int = 1
    reasoning_tokens: int = 0
    prompt_tokens: int = -1
    role_chunk: bool = True
    usage: bool = True
    metrics: bool = True
    metrics_factor: float = 1.0
    server_error_rate: float = 0.0
    rate_limit_rate: float = 0.0
    truncate_rate: float = 0.0
    stall_rate: float = 0.0
    stall_ms: float = 1000.0
    error_event_rate: float = 0.0
    empty_rate: float = 0.0
    reset_rate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values without meaning.

        Raises:
            ValueError: Names the value.
        """
        rates = {field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_rate")}
        for name, value in {**rates, "jitter": self.jitter}.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {value}")
        if sum(rates.values()) > 1 + 1e-9:
            raise ValueError(f"the rates add up to {sum(rates.values()):g}, more than 1")
        for name in ("ttft_ms", "itl_ms", "stall_ms", "reasoning_tokens"):
            if not 0 <= getattr(self, name) <= 86_400_000:
                raise ValueError(f"{name} must be between 0 and 86400000, not {getattr(self, name)}")
        if not 0 <= self.metrics_factor <= 1000:
            raise ValueError(f"metrics_factor must be between 0 and 1000, not {self.metrics_factor}")
        for name in ("output_tokens", "tokens_per_event"):
            if not 1 <= getattr(self, name) <= 1_000_000:
                raise ValueError(f"{name} must be between 1 and 1000000, not {getattr(self, name)}")
        if not -1 <= self.prompt_tokens <= 1_000_000:
            raise ValueError(f"prompt_tokens must be between -1 and 1000000, not {self.prompt_tokens}")
        if not self.models or not all(self.models):
            raise ValueError("models must name at least one model and no empty name")

    @property
    def immediate(self) -> bool:
        """Whether responses need no pacing at all."""
        return self.ttft_ms == 0 and self.itl_ms == 0


def fault_of(behavior: Behavior, ordinal: int) -> Fault:
    """Decide how request number `ordinal` (from 0) goes wrong."""
    position = _noise(behavior.seed, ordinal, -1)
    for fault in Fault:
        if fault is Fault.NONE:
            continue
        position -= getattr(behavior, f"{fault.value}_rate")
        if position < 0:
            return fault
    return Fault.NONE


def due_seconds(behavior: Behavior, ordinal: int, event: int) -> float:
    """Return when payload event `event` (from 0) of a request is sent, in seconds since the request came.

    Jitter moves each event around a regular grid by at most half a gap, so times never decrease and never drift.
    """
    ttft = behavior.ttft_ms
    grid = event * behavior.itl_ms
    if behavior.jitter:
        ttft *= 1 + behavior.jitter * (2 * _noise(behavior.seed, ordinal, -2) - 1)
        if event:
            grid += behavior.itl_ms * behavior.jitter * (_noise(behavior.seed, ordinal, event) - 0.5)
    return (ttft + grid) / 1000


def _noise(seed: int, ordinal: int, salt: int) -> float:
    """Return a number in [0, 1) that depends on the arguments alone (SplitMix64, Steele et al. 2014)."""
    value = (seed * 0x9E3779B97F4A7C15 + ordinal * 0xBF58476D1CE4E5B9 + salt * 0x94D049BB133111EB) & _MASK
    for _ in range(2):
        value = (value + 0x9E3779B97F4A7C15) & _MASK
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
        value ^= value >> 31
    return value / 2**64
