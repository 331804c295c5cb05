"""Carries out one worker's share of one lease: prepare, warm up, wait, make load, report."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from agent.engine.engine import Engine
from agent.engine.health import open_files_limit
from agent.engine.request import PreparedRequest
from agent.engine.route import Route
from agent.fence import fence_clock_ns
from agent.pacing import demand
from agent.prompts.errors import PromptError
from agent.samples.outcome import Status
from agent.samples.sample import Sample
from agent.targets.endpoint import Endpoint
from agent.targets.registry import create
from agent.worker.arriving import arrivals
from agent.worker.counting import TokenCounter
from agent.worker.loops import ClosedLoop, Loop, OpenLoop
from agent.worker.messages import Batch, Ended, Prepare, Prepared, Progress
from agent.worker.outbox import FLUSH_SECONDS, Outbox
from agent.worker.preparation import PromptSource, builder, load_tokenizer, prompt_source, share_of
from agent.worker.supply import Ready, Supply
from agent.worker.timer import Timer
from agent.worker.vitals import Vitals
from loadcell.errors import LoadcellError
from loadcell.pacing.shares import WorkerShare
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import parse_rules

_PROGRESS_TICKS = round(0.5 / FLUSH_SECONDS)


class Driver:
    """One share of a lease.

    Args:
        loop: The event loop.
        prepare: What to do.
        send: Sends a message to the main process.
        gate: Whether the main process takes samples; while it does not, or from the time of the fence on, no
            request is started.
        forget: Called when the share has ended, after its last message.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        prepare: Prepare,
        *,
        send: Callable[[Struct], None],
        gate: Callable[[], bool],
        forget: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._plan = prepare
        self._share: WorkerShare = share_of(prepare)
        self._send = send
        self._gate = gate
        self._forget = forget
        self._engine: Engine | None = None
        self._vitals: Vitals | None = None
        self._timer: Timer | None = None
        self._pacer: Loop | None = None
        self._outbox: Outbox | None = None
        self._counter: TokenCounter | None = None
        self._warm: list[Sample] = []
        self._warm_done = asyncio.Event()
        self._warming: ClosedLoop | None = None
        self._start_ns: int | None = None
        self._begin_ns = 0
        self._fence_ns = prepare.fence_ns
        self._prompts: PromptSource | None = None
        self._started = 0
        self._next_ordinal = 0
        self._ended = 0
        self._ticks = 0
        self._tick_handle: asyncio.TimerHandle | None = None
        self._held_back = False
        self._cancelled = False
        self._over = False
        self._preparing = loop.create_task(self._prepare())
        self._closing: asyncio.Task[None] | None = None

    def start(self, start_ns: int, begin_ns: int) -> None:
        """Begin the load of the prepared share at `begin_ns`; offsets count from `start_ns` (CLOCK_MONOTONIC)."""
        if self._pacer is None or self._start_ns is not None or self._over:
            return
        self._start_ns, self._begin_ns = start_ns, begin_ns
        lease_id = self._plan.lease_id
        self._outbox = Outbox(
            self._loop,
            start_ns=start_ns,
            timeline=self._plan.timeline,
            counter=self._counter,
            send=lambda columns: self._send(Batch(lease_id, columns, self._next_ordinal)),
        )
        for sample in self._warm:
            self._outbox.add(sample)
        self._warm = []
        assert self._timer is not None  # noqa: S101  made together with the pacer
        self._timer.set(begin_ns)

    def fence(self, fence_ns: int) -> None:
        """Start requests until a time of the fence's clock, instead of until the time told before."""
        self._fence_ns = fence_ns
        self.wake()

    def cancel(self) -> None:
        """Stop: requests in flight are reported as cancelled."""
        if self._over:
            return
        self._cancelled = True
        self._preparing.cancel()
        if self._pacer is not None:
            self._pacer.stop(time.monotonic_ns())
        if self._warming is not None:
            self._warming.stop(0)
        if self._engine is not None:
            self._engine.cancel_all()
        self._finish()

    def wake(self) -> None:
        """The main process takes samples again, or no more."""
        if self._gate():
            if self._pacer is not None and self._running:
                self._pacer.wake()
                self._finish_when_done()
        elif self._running:
            self._held_back = True

    async def closed(self) -> None:
        """Wait until every connection and task is gone."""
        tasks = [task for task in (self._preparing, self._closing) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _running(self) -> bool:
        return self._tick_handle is not None and not self._over

    def _may_start(self) -> bool:
        # Each worker looks at the clock by itself: a main process that is stuck could not shut the gate in time.
        return self._gate() and (not self._fence_ns or fence_clock_ns() < self._fence_ns)

    async def _prepare(self) -> None:
        try:
            await self._make_ready()
        except (LoadcellError, PromptError, OSError) as error:
            self._finish(error=str(error))
        except Exception as error:
            self._finish(error=f"internal error of the worker: {error!r}")
            raise

    async def _make_ready(self) -> None:
        plan = self._plan
        endpoint = Endpoint.parse(plan.target.server_url, tls_verify=plan.target.tls_verify)
        dialect = create(
            plan.target.adapter,
            endpoint,
            model=plan.target.model,
            stream=plan.target.stream,
            api_key=plan.target.api_key,
            headers=plan.target.headers,
            pin_output=plan.target.pin_output,
            redact=plan.target.redact_texts,
        )
        # Tokenizers take seconds; a cancel must be heard meanwhile.
        tokenizer = await asyncio.to_thread(load_tokenizer, plan.workload)
        if tokenizer is not None:
            self._counter = TokenCounter(self._loop, tokenizer)
        prompts = self._prompts = await asyncio.to_thread(
            prompt_source,
            plan.workload,
            tokenizer,
            level=plan.level.index,
            request_count=plan.level.request_count,
            warmup_count=plan.level.warmup_count,
        )
        rules = (plan.guard.deny, plan.guard.allow, plan.guard.project)
        engine = self._engine = Engine(
            self._loop,
            Route(endpoint, TargetGuard(*map(parse_rules, rules))),
            dialect,
            timeout_ns=plan.target.timeout_ns,
            on_sample=self._on_sample,
            keep_text=tokenizer is not None,
            record_texts=plan.record_texts,
        )
        await engine.warm(self._connections())
        await self._warm_up(builder(prompts, dialect, warmup=True))
        # A server that takes no more connections shows it under load, in the requests that want them.
        with contextlib.suppress(LoadcellError):
            await engine.warm(self._connections())
        # Other shares may be making load in this process while the arrivals before this one's are passed over.
        supply = await asyncio.to_thread(
            Supply,
            arrivals(plan.level, self._share, seed=plan.workload.seed, first=plan.first_ordinal),
            builder(prompts, dialect, warmup=False),
        )
        self._vitals = Vitals(self._loop, engine)
        self._timer = Timer(self._loop, self._on_timer)
        self._pacer = self._make_loop(supply, self._timer)
        # Nothing made so far becomes garbage during the load: the collector need not look at it.
        gc.collect()
        gc.freeze()
        self._send(Prepared(plan.lease_id))

    def _connections(self) -> int:
        """Return how many connections the load needs, as far as the warm-up has shown it already."""
        if self._plan.level.concurrency or self._share.idle:
            return self._share.slots
        seconds = [(sample.end_ns - sample.start_ns) / 1e9 for sample in self._warm if sample.status == Status.OK]
        files = open_files_limit() // 2
        cap = min(self._share.slots, files) if self._share.slots else files
        return demand.connections(self._plan.level.rate * self._share.portion, seconds, cap=cap)

    async def _warm_up(self, build: Callable[[int], tuple[bytes, int, int]]) -> None:
        ordinals = self._share.ordinals(self._plan.level.warmup_count)
        supply = Supply(((ordinal, 0) for ordinal in ordinals), build)
        if supply.next_due() is None:
            return
        self._warming = ClosedLoop(
            supply,
            slots=self._connections(),
            duration_ns=None,
            submit=lambda ready, due_ns: self._submit(ready, due_ns, warmup=True),
            gate=lambda: True,
        )
        now = time.monotonic_ns()
        self._warming.start(now, now)
        await self._warm_done.wait()

    def _make_loop(self, supply: Supply, timer: Timer) -> Loop:
        level = self._plan.level
        duration = None if level.request_count else level.duration_ns

        def submit(ready: Ready, scheduled_ns: int) -> None:
            self._submit(ready, scheduled_ns, warmup=False)

        if level.concurrency:
            return ClosedLoop(
                supply, slots=self._share.slots, duration_ns=duration, submit=submit, gate=self._may_start
            )
        return OpenLoop(
            supply,
            cap=self._share.slots,
            duration_ns=duration,
            patience_ns=self._plan.target.timeout_ns,
            submit=submit,
            gate=self._may_start,
            set_timer=timer.set,
        )

    def _submit(self, ready: Ready, scheduled_ns: int, *, warmup: bool) -> None:
        assert self._engine is not None  # noqa: S101  nothing is sent before it is made
        if not warmup:
            self._started += 1
            self._next_ordinal = ready.ordinal + 1
        self._engine.submit(
            PreparedRequest(
                ordinal=ready.ordinal,
                warmup=warmup,
                scheduled_ns=scheduled_ns,
                payload=ready.payload,
                requested_tokens=ready.requested_tokens,
                prompt_tokens=ready.prompt_tokens,
            )
        )

    def _on_timer(self) -> None:
        assert self._pacer is not None  # noqa: S101  made together with the timer
        assert self._vitals is not None  # noqa: S101  made together with the timer
        if self._over or self._start_ns is None:
            return
        if self._tick_handle is None:
            self._vitals.start()
            self._tick_handle = self._loop.call_later(FLUSH_SECONDS, self._tick)
            self._pacer.start(self._start_ns, self._begin_ns)
        else:
            self._pacer.wake()
        self._finish_when_done()

    def _on_sample(self, sample: Sample) -> None:
        if sample.warmup:
            self._on_warm(sample)
            return
        if self._over:
            return
        self._ended += 1
        assert self._pacer is not None  # noqa: S101  measured requests come from it
        assert self._outbox is not None  # noqa: S101  made at the start
        # The next request first: what the batch costs must not delay it.
        self._pacer.ended(time.monotonic_ns())
        self._outbox.add(sample)
        self._finish_when_done()

    def _on_warm(self, sample: Sample) -> None:
        sample.uncounted = sample.texts = None  # its tokens are in no figure, and all of these wait for the start
        self._warm.append(sample)
        assert self._warming is not None  # noqa: S101  warm-up requests come from it
        self._warming.ended(time.monotonic_ns())
        if len(self._warm) == self._share.size(self._plan.level.warmup_count):
            self._warm_done.set()

    def _tick(self) -> None:
        assert self._outbox is not None  # noqa: S101  made at the start
        self._tick_handle = self._loop.call_later(FLUSH_SECONDS, self._tick)
        self._outbox.flush()
        self._ticks += 1
        if self._ticks % _PROGRESS_TICKS == 0:
            assert self._vitals is not None  # noqa: S101  made together with the pacer
            assert self._pacer is not None  # noqa: S101  made together with the vitals
            self._send(
                Progress(
                    self._plan.lease_id,
                    started=self._started,
                    ended=self._ended,
                    in_flight=self._started - self._ended,
                    next_ordinal=self._next_ordinal,
                    health=self._vitals.health(self._pacer.late),
                )
            )

    def _finish_when_done(self) -> None:
        if self._pacer is not None and self._pacer.exhausted and self._started == self._ended:
            self._finish()

    def _finish(self, *, error: str = "") -> None:
        if self._over:
            return
        self._over = True
        now = time.monotonic_ns()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        if self._timer is not None:
            self._timer.close()
        ended = Ended(self._plan.lease_id, cancelled=self._cancelled, error=error)
        if self._vitals is not None and self._pacer is not None:
            self._vitals.stop()
            ended = Ended(
                self._plan.lease_id,
                cancelled=self._cancelled,
                error=error,
                end_ns=self._offset(now),
                ramp_down_ns=self._offset(self._pacer.ramp_down_ns) if self._pacer.ramp_down_ns else 0,
                started=self._started,
                ended=self._ended,
                next_ordinal=self._next_ordinal,
                health=self._vitals.health(self._pacer.late),
                unsent=self._pacer.unsent,
                resent=self._engine.health().stale_retries if self._engine is not None else 0,
            )
        gc.unfreeze()
        self._closing = self._loop.create_task(self._close(ended))

    def _offset(self, monotonic_ns: int) -> int:
        """Return nanoseconds since the start of the level, 0 before it."""
        return max(0, monotonic_ns - self._start_ns) if self._start_ns is not None else 0

    def _notes(self) -> tuple[str, ...]:
        note = self._prompts.note(self._next_ordinal) if self._prompts is not None else ""
        notes = [note] if note else []
        if self._held_back:
            notes.append("load was held back because the controller did not take samples fast enough")
        if self._counter is not None:
            notes += self._counter.notes()
        return tuple(notes)

    async def _close(self, ended: Ended) -> None:
        if self._outbox is not None:
            await self._outbox.close()
        self._send(replace(ended, notes=self._notes()))
        if self._counter is not None:
            self._counter.close()
        if self._engine is not None:
            await self._engine.close()
        self._forget(self._plan.lease_id)
