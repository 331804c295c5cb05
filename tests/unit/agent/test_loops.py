import time
from collections import deque
from itertools import count

from agent.worker.loops import ClosedLoop, OpenLoop
from agent.worker.supply import Supply


def supply(arrivals):
    return Supply(iter(arrivals), lambda ordinal: (b"%d" % ordinal, 1, -1))


class Target:
    """Takes requests and ends them when told to."""

    def __init__(self):
        self.sent = []
        self.open = True

    def submit(self, ready, scheduled_ns):
        self.sent.append((ready.ordinal, scheduled_ns))

    def gate(self):
        return self.open


def begin(loop, start_ns):
    """Start a level whose load begins with it."""
    loop.start(start_ns, start_ns)


def closed(arrivals, slots, duration_ns=None):
    target = Target()
    loop = ClosedLoop(
        supply((ordinal, 0) for ordinal in arrivals),
        slots=slots,
        duration_ns=duration_ns,
        submit=target.submit,
        gate=target.gate,
    )
    return target, loop


def test_closed_loop_schedules_a_request_for_when_its_slot_became_free():
    target, loop = closed(range(4), 2)
    begin(loop, 1000)
    loop.ended(1500)
    loop.ended(1700)
    assert target.sent == [(0, 1000), (1, 1000), (2, 1500), (3, 1700)]
    assert not loop.exhausted
    loop.ended(1900)
    assert loop.exhausted
    assert loop.ramp_down_ns == 1900


def test_closed_loop_behind_a_shut_gate_keeps_the_scheduled_times():
    target, loop = closed(count(), 2)
    begin(loop, 1000)
    target.open = False
    loop.ended(2000)
    loop.ended(3000)
    assert len(target.sent) == 2
    target.open = True
    loop.wake()
    assert target.sent[2:] == [(2, 2000), (3, 3000)]


def test_closed_loop_starts_nothing_after_its_duration():
    target, loop = closed(count(), 1, duration_ns=1)
    begin(loop, time.monotonic_ns() - 10)
    assert target.sent == []
    assert loop.exhausted


def test_closed_loop_without_a_slot_is_over_at_once():
    target, loop = closed(count(), 0)
    begin(loop, 1)
    assert loop.exhausted
    assert target.sent == []


def test_failure_inside_submit_does_not_recurse():
    target, loop = closed(range(100_000), 1)

    def fail(ready, scheduled_ns):
        target.sent.append(ready.ordinal)
        loop.ended(scheduled_ns)

    loop._submit = fail
    begin(loop, 1)
    assert len(target.sent) == 100_000
    assert loop.exhausted


def test_slots_of_a_share_taken_over_are_free_from_its_beginning_and_its_level_ends_when_it_did():
    now = time.monotonic_ns()
    target, loop = closed(count(), 2, duration_ns=60 * 10**9)
    loop.start(now - 50 * 10**9, now)
    assert target.sent == [(0, now), (1, now)]
    target, loop = closed(count(), 2, duration_ns=60 * 10**9)
    loop.start(now - 61 * 10**9, now)
    assert target.sent == []
    assert loop.exhausted


def opened(arrivals, cap=0, duration_ns=None, patience_ns=0):
    target, timers = Target(), deque()
    loop = OpenLoop(
        supply(arrivals),
        cap=cap,
        duration_ns=duration_ns,
        patience_ns=patience_ns,
        submit=target.submit,
        gate=target.gate,
        set_timer=timers.append,
    )
    return target, loop, timers


def test_open_loop_sends_what_is_due_and_waits_for_the_next():
    target, loop, timers = opened([(0, 0), (1, 5), (2, 60 * 10**9)])
    start = time.monotonic_ns() - 1000
    begin(loop, start)
    assert target.sent == [(0, start), (1, start + 5)]
    assert timers == deque([start + 60 * 10**9])
    assert not loop.exhausted


def test_open_loop_sends_a_long_queue_in_bursts_so_that_responses_are_read():
    target, loop, timers = opened([(n, 0) for n in range(1000)])
    begin(loop, time.monotonic_ns())
    while not loop.exhausted:
        assert len(target.sent) <= 64 * len(timers)
        loop.wake()
    assert [ordinal for ordinal, _ in target.sent] == list(range(1000))


def test_late_arrivals_are_counted_but_not_those_that_waited_for_the_cap():
    late_start = time.monotonic_ns() - 50_000_000
    _, loop, _ = opened([(0, 0), (1, 0)])
    begin(loop, late_start)
    assert loop.late == 2
    target, loop, _ = opened([(0, 50_000_000), (1, 50_000_000)], cap=1)
    begin(loop, late_start)
    assert len(target.sent) == 1
    time.sleep(0.011)
    loop.ended(time.monotonic_ns())
    assert len(target.sent) == 2
    assert loop.late == 0


def test_arrivals_due_before_a_share_was_taken_over_keep_their_times_and_are_no_lateness_of_the_client():
    now = time.monotonic_ns()
    start = now - 10 * 10**9
    target, loop, timers = opened([(0, 10**9), (1, 9 * 10**9), (2, 60 * 10**9)])
    loop.start(start, now)
    assert target.sent == [(0, start + 10**9), (1, start + 9 * 10**9)]
    assert loop.late == 0
    assert timers == deque([start + 60 * 10**9])


def test_shut_gate_holds_arrivals_back_without_losing_them():
    target, loop, timers = opened([(0, 0), (1, 0)])
    target.open = False
    start = time.monotonic_ns() - 100
    begin(loop, start)
    assert (target.sent, timers, loop.exhausted) == ([], deque(), False)
    target.open = True
    loop.wake()
    assert target.sent == [(0, start), (1, start)]
    assert loop.exhausted


def test_arrivals_that_wait_too_long_after_the_end_are_counted_as_unsent():
    target, loop, _ = opened([(n, n) for n in range(500)], cap=1, duration_ns=500, patience_ns=1_000_000)
    begin(loop, time.monotonic_ns())
    while len(target.sent) < 2:
        loop.wake()
        loop.ended(0)
    time.sleep(0.002)
    loop.ended(0)
    assert loop.exhausted
    assert loop.unsent == 500 - len(target.sent)


def test_supply_is_bounded_in_bytes_and_read_lazily():
    read = []

    def arrivals():
        for ordinal in count():
            read.append(ordinal)
            yield ordinal, 0

    big = Supply(arrivals(), lambda ordinal: (b"x" * 10_000_000, 1, -1))
    assert len(read) == 2
    small = Supply(arrivals(), lambda ordinal: (b"x", 1, -1))
    assert len(read) == 2 + 256
    assert small.take().ordinal == 0
    assert big.take().ordinal == 0
