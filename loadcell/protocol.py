"""What both sides of a call must agree on beside the messages."""

from __future__ import annotations

# The version of what agents and the controller say to each other.
PROTOCOL_VERSION = 1

# How the note begins by which a run says what it waits for.
WAITING_FOR = "waiting for"

# Largest tokenizer or dataset: what clients send, the controller takes and agents fetch.
MAX_ASSET_BYTES = 256 * 1024 * 1024
MAX_CONCURRENCY = 100_000
MAX_RATE = 10_000_000  # arrivals per second
MAX_TOKENS = 1_000_000  # of a prompt or a completion
MAX_REQUESTS = 100_000_000  # measured in a level
MAX_REQUESTS_PER_SLOT = 1_000  # of those, for each that is kept in flight
MAX_WARMUP = 100_000  # requests before a level
MAX_AGENTS = 10_000  # of a run
MAX_LABELS = 64  # of a run, of an agent, and asked for of agents
MAX_LABEL_TEXT = 256  # characters of a key, and of a value
MAX_WORKERS = 1_024  # of an agent
MAX_PEAK = 100_000_000  # requests in flight that a recommendation is for
MAX_USERS = 10_000_000_000  # on a day, of a recommendation
MAX_GPUS = 100_000  # of the server that is tested
MAX_EXPORT = 1_000_000  # traces in a file
MAX_QUOTAS = {
    "quota_running_runs": 1_000_000,
    "quota_rate": 1_000_000_000_000,
    "quota_agents": 1_000_000,
    "quota_stored_traces": 1_000_000_000_000_000,
}
MAX_LEVEL_SECONDS = 604_800.0
MIN_TIMEOUT_SECONDS = 0.001
MAX_TIMEOUT_SECONDS = 86_400.0
