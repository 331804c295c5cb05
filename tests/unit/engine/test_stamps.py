from __future__ import annotations

import socket
import struct
import sys
import time

import pytest

from agent.engine.stamps import ANCHOR_INTERVAL_NS, ANCILLARY_BYTES, SO_TIMESTAMPNS, ReceiveClock, keep_stamping

MS = 1_000_000
WALL = 1_700_000_000_000_000_000


class Clocks:
    """A monotonic clock and a wall clock that the test moves."""

    def __init__(self) -> None:
        self.now = 10_000 * MS
        self.offset = WALL
        self.readings = 0

    def monotonic(self) -> int:
        return self.now

    def realtime(self) -> int:
        self.readings += 1
        return self.now + self.offset

    def stamp(self, at: int) -> list[tuple[int, int, bytes]]:
        real = at + self.offset
        return [(socket.SOL_SOCKET, SO_TIMESTAMPNS, struct.pack("@ll", real // 10**9, real % 10**9))]


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def clock(clocks: Clocks) -> ReceiveClock:
    return ReceiveClock(clocks.monotonic, clocks.realtime)


def test_a_stamp_is_brought_onto_the_monotonic_clock(clocks: Clocks, clock: ReceiveClock) -> None:
    at = clocks.now - 300_000
    assert clock.received_at(clocks.stamp(at), clocks.now, 0) == at
    assert clock.source == "kernel"
    assert clock.steps == 0


def test_without_a_stamp_the_time_of_the_read_counts(clocks: Clocks, clock: ReceiveClock) -> None:
    assert clock.received_at([], clocks.now, 0) == clocks.now
    assert clock.source == "user"


@pytest.mark.parametrize("step", [3_600_000 * MS, 1 * MS, -1 * MS, -20 * MS, -3_600_000 * MS])
def test_a_step_of_the_wall_clock_is_counted_and_reaches_no_time(
    clocks: Clocks, clock: ReceiveClock, step: int
) -> None:
    clock.received_at(clocks.stamp(clocks.now), clocks.now, 0)
    clocks.offset += step
    clocks.now += ANCHOR_INTERVAL_NS
    clock.refresh(clocks.now)
    at = clocks.now - 100_000
    assert clock.received_at(clocks.stamp(at), clocks.now, at - MS) == at
    assert clock.steps == 1


@pytest.mark.parametrize("step", [3_600_000 * MS, 1 * MS, -20 * MS, -3_600_000 * MS])
def test_a_step_between_two_anchors_is_noticed_by_a_stamp_that_makes_no_sense(
    clocks: Clocks, clock: ReceiveClock, step: int
) -> None:
    clock.received_at(clocks.stamp(clocks.now), clocks.now, 0)
    clocks.offset += step
    clocks.now += 2 * MS
    at = clocks.now - 100_000
    assert clock.received_at(clocks.stamp(at), clocks.now, at - MS) == at
    assert clock.steps == 1


def test_a_stamp_from_before_the_step_read_after_it_is_right(clocks: Clocks, clock: ReceiveClock) -> None:
    clock.received_at(clocks.stamp(clocks.now), clocks.now, 0)
    at = clocks.now
    early = clocks.stamp(at)
    clocks.offset += 5_000 * MS
    clocks.now += ANCHOR_INTERVAL_NS
    clock.refresh(clocks.now)
    assert clock.received_at(early, clocks.now, at - MS) == at
    assert clock.steps == 1


def test_a_slewed_clock_is_followed_and_is_no_step(clocks: Clocks, clock: ReceiveClock) -> None:
    for _ in range(100):
        clocks.now += ANCHOR_INTERVAL_NS
        clocks.offset += ANCHOR_INTERVAL_NS // 2000  # 500 ppm
        clock.refresh(clocks.now)
        at = clocks.now - 50_000
        assert clock.received_at(clocks.stamp(at), clocks.now, 0) == at
    assert clock.steps == 0


def test_a_late_read_keeps_its_stamp(clocks: Clocks, clock: ReceiveClock) -> None:
    at = clocks.now
    clocks.now += 700 * MS
    assert clock.received_at(clocks.stamp(at), clocks.now, at - MS) == at
    assert clock.steps == 0


def test_many_late_reads_at_once_need_one_anchor(clocks: Clocks, clock: ReceiveClock) -> None:
    at = clocks.now
    clock.received_at(clocks.stamp(at), at, 0)
    readings = clocks.readings
    clocks.now += 20 * MS
    for _ in range(400):
        clocks.now += 1_000
        assert clock.received_at(clocks.stamp(at), clocks.now, at - MS) == at
    per_anchor = clocks.readings - readings
    clocks.now += 20 * MS
    clock.refresh(clocks.now + ANCHOR_INTERVAL_NS)
    assert per_anchor == clocks.readings - readings - per_anchor


def test_a_stamp_that_fits_no_anchor_is_replaced_by_the_time_of_the_read(
    clocks: Clocks, clock: ReceiveClock
) -> None:
    assert clock.received_at(clocks.stamp(clocks.now - 900 * MS), clocks.now, clocks.now - MS) == clocks.now


def test_times_of_one_connection_never_go_back(clocks: Clocks, clock: ReceiveClock) -> None:
    clock.received_at(clocks.stamp(clocks.now), clocks.now, 0)
    floor = clocks.now - 1000
    assert clock.received_at(clocks.stamp(floor - 500), clocks.now, floor) == floor


@pytest.mark.skipif(sys.platform != "linux", reason="SO_TIMESTAMPNS is Linux")
def test_the_kernel_stamps_what_a_tcp_socket_receives() -> None:
    clock = ReceiveClock()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        clock.enable(client)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            for _ in range(20):  # the kernel switches stamping on a moment after it was asked for
                before = time.monotonic_ns()
                server.send(b"x")
                time.sleep(0.02)
                _, ancillary, _, _ = client.recvmsg(10, ANCILLARY_BYTES)
                now = time.monotonic_ns()
                stamp = clock.received_at(ancillary, now, before)
                assert before <= stamp <= now
                if clock.kernel_stamps:
                    break
    assert clock.source == "kernel"


@pytest.mark.skipif(sys.platform != "linux", reason="SO_TIMESTAMPNS is Linux")
def test_while_stamping_is_kept_on_the_first_read_of_a_connection_is_stamped() -> None:
    def first_read_is_stamped() -> bool:
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            ReceiveClock.enable(client)
            client.connect(listener.getsockname())
            server, _ = listener.accept()
            with server:
                server.send(b"x")
                return bool(client.recvmsg(10, ANCILLARY_BYTES)[1])

    with keep_stamping():
        while not first_read_is_stamped():
            time.sleep(0.01)
        for _ in range(50):
            assert first_read_is_stamped()
            time.sleep(0.03)  # long enough for the kernel to switch it off, were nobody left who wants it
