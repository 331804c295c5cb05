"""A database full of runs that nobody made: what 90 days of load tests leave, stored as samples are.

Every day has the same number of runs of every model; projects, users, environments and tags follow from these. So
what a query must find can be counted.
"""

from __future__ import annotations

import time
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from controller.ingest.decode import decode, rows
from controller.store.database import Connection, Database
from controller.store.leases import get_lease, insert_leases
from controller.store.origins import get_origin
from controller.store.prices import price_list
from controller.store.records import LeaseRecord, RunRecord
from controller.store.runs import insert_run, set_level
from controller.store.samples import BatchRows, insert_batches
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, sample_pb2, target_pb2

DAYS = 90  # requests of so many days are kept
MODELS, PROJECTS, USERS = 40, 12, 30
RUNS_A_DAY = 4  # of each model
SECONDS = 600  # of a run
TEXTS_EVERY = 25  # runs; one of them keeps prompts and completions
TOGETHER = 16  # runs stored in one transaction, as a busy controller commits what waits
DAY_MICROS = 86_400 * 1_000_000
_PRICED = ("gpt-4o", "gpt-4o-mini", "gpt-4-turbo", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku")
_PROVIDERS = ("openai", "openai", "openai", "anthropic", "anthropic", "anthropic")  # of these
_ENVIRONMENTS = ("production", "staging", "development")


@dataclass(frozen=True)
class Recorded:
    """One run: when it began (microseconds since 1970 UTC), and what it is filed under."""

    number: int
    at: int
    model: str
    project: str
    provider: str
    user: str
    environment: str
    tags: list[str]
    requests: int

    @property
    def texts(self) -> bool:
        """Whether prompts and completions are kept."""
        return self.number % TEXTS_EVERY == 0


def model_name(number: int) -> str:
    """Return the name of a model, 0 to MODELS - 1; all have a price, that of the name without the date."""
    return f"{_PRICED[number % len(_PRICED)]}-2026-01-{number:02}"


def recorded(total: int, until: int) -> Iterator[Recorded]:
    """Yield runs with `total` requests altogether, in the order of time, the last of which end by `until`."""
    runs = DAYS * MODELS * RUNS_A_DAY
    first = until - DAYS * DAY_MICROS
    for number in range(runs):
        day, of_day = divmod(number, MODELS * RUNS_A_DAY)
        turn, model = divmod(of_day, MODELS)
        project = (model + day + 5 * turn) % PROJECTS
        yield Recorded(
            number=number,
            at=first + day * DAY_MICROS + of_day * (DAY_MICROS // (MODELS * RUNS_A_DAY)),
            model=model_name(model),
            project=f"project-{project:02}",
            provider=_PROVIDERS[model % len(_PRICED)],
            user=f"user-{(model + project) % USERS:02}",
            environment=_ENVIRONMENTS[project % len(_ENVIRONMENTS)],
            tags=[f"team-{project % 5}", "nightly" if turn == 0 else "daytime"],
            requests=total * (number + 1) // runs - total * number // runs,
        )


class Filler:
    """Stores runs. What is in a request follows from a seed."""

    def __init__(self, database: Database, seed: int = 4) -> None:
        self._database = database
        self._random = np.random.default_rng(seed)
        self._words = [f"word{number}" for number in range(5_000)]
        self.write_seconds = 0.0  # spent on storing requests

    async def store(self, runs: list[Recorded]) -> None:
        """Store some runs with their requests."""
        leases = await self._database.write(lambda c: [self._create(c, run) for run in runs])
        parts = await self._batches(runs, leases)
        started = time.perf_counter()
        refused = await self._database.write(lambda c: insert_batches(c, parts))
        self.write_seconds += time.perf_counter() - started
        assert not refused, refused

    async def _batches(self, runs: list[Recorded], leases: list[LeaseRecord]) -> list[BatchRows]:
        origins, prices = await self._database.read(
            lambda c: ([get_origin(c, lease) for lease in leases], price_list(c))
        )
        parts = []
        for run, lease, origin in zip(runs, leases, origins, strict=True):
            columns = self._columns(run).SerializeToString()
            batch = decode(columns, zlib.crc32(columns))
            keys = {"run_key": lease.run_key, "level": 0, "lease_key": lease.lease_key, "batch_number": 1}
            parts.append(rows(batch, origin, prices, **keys))
        return parts

    def _create(self, connection: Connection, run: Recorded) -> LeaseRecord:
        config = result_pb2.RunConfig(
            adapter="openai",
            project_id=run.project,
            provider=run.provider,
            environment=run.environment,
            user_id=run.user,
            service_name="bench",
            tags=run.tags,
            record_texts=run.texts,
        )
        run_id = str(uuid.UUID(int=run.number))
        record = RunRecord(
            run_key=0,
            run_id=run_id,
            log_request_id="",
            state=run_pb2.RUN_STATE_COMPLETED,
            server_url="http://127.0.0.1:9",
            model=run.model,
            adapter="openai",
            config=config,
            needs_secrets=False,
            probed=True,
            pin_output=False,
            words_per_token=1.0,
            created_at=run.at,
            started_at=run.at,
            completed_at=run.at + SECONDS * 1_000_000,
            error=None,
            notes=(),
            owner=None,
            owner_expires_at=None,
        )
        plan = target_pb2.LevelPlan(concurrency=8, request_count=run.requests)
        stored = insert_run(connection, record, [plan], None)
        assert stored is not None
        set_level(connection, stored.run_key, 0, start_micros=run.at, finished=True)
        state = agent_pb2.LeaseState.LEASE_STATE_COMPLETED
        lease_id = f"{run_id}.0.0"
        lease_of_all = LeaseRecord(0, lease_id, stored.run_key, 0, 0, 1, "agent-1", state, last_batch_number=1)
        insert_leases(connection, [lease_of_all])
        lease = get_lease(connection, lease_id)
        assert lease is not None
        return lease

    def _columns(self, run: Recorded) -> sample_pb2.SampleColumns:
        count, random = run.requests, self._random
        started = np.sort(random.integers(0, SECONDS * 1_000_000, count))
        ttft = (random.lognormal(-1.6, 0.5, count) * 1e6).astype(np.int64)
        completion = random.integers(16, 512, count)
        ok = random.random(count) >= 0.02
        columns = sample_pb2.SampleColumns(row_count=count, finish_reasons=["stop", "length"])
        values = {
            "ordinal": np.arange(count),
            "scheduled_offset_micros": started - 100,
            "start_offset_micros": started,
            "ttft_micros": np.where(ok, ttft, -1),
            "e2e_micros": ttft + completion * 20_000,
            "prompt_tokens": random.integers(32, 2_048, count),
            "completion_tokens": np.where(ok, completion, 0),
            "event_count": completion,
            "status": np.where(ok, sample_pb2.SAMPLE_STATUS_OK, sample_pb2.SAMPLE_STATUS_ERROR),
            "error_class": np.where(ok, 0, sample_pb2.ERROR_CLASS_HTTP_5XX),
            "http_status": np.where(ok, 200, 503),
            "finish_reason": np.where(ok, random.integers(0, 2, count), -1),
        }
        for name, column in values.items():
            getattr(columns, name).extend(column.tolist())
        columns.errors.extend(
            sample_pb2.SampleError(row=int(row), message="503 overloaded, try again")
            for row in np.flatnonzero(~ok)
        )
        if run.texts:
            columns.input_texts.extend(self._text(40) for _ in range(count))
            columns.output_texts.extend(self._text(80) for _ in range(count))
        return columns

    def _text(self, words: int) -> str:
        # Few words make up most of a text, as in any language.
        chosen = (len(self._words) * self._random.random(words) ** 3).astype(np.int64)
        return " ".join([self._words[index] for index in chosen.tolist()])
