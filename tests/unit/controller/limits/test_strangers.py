"""Addresses that show wrong credentials wait; what was right before does not."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from controller.limits.addresses import caller_address, counted_together
from controller.limits.strangers import HELD_SECONDS, LONGEST_SECONDS, REFUSALS_A_SECOND, Strangers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_so_many_failures_an_address_waits_and_others_do_not():
    clock = Clock()
    strangers = Strangers(60, CollectorRegistry(), clock)
    assert not strangers.there_are
    for number in range(60):
        assert strangers.wait("10.0.0.7") == 0
        strangers.failed("10.0.0.7", f"guess {number}")
    assert strangers.there_are
    assert strangers.wait("10.0.0.7") == pytest.approx(1.0)
    assert strangers.wait("10.0.0.8") == 0
    strangers.failed("10.0.0.7", "in flight")  # makes the wait no longer
    clock.now = 1.0
    assert strangers.wait("10.0.0.7") == 0
    strangers.failed("10.0.0.7", "guess")
    assert strangers.wait("10.0.0.7") == pytest.approx(1.0)


def test_what_was_right_is_known_until_it_is_wrong():
    strangers = Strangers(60, CollectorRegistry())
    strangers.right("key")
    assert strangers.knows("key")
    assert not strangers.knows("guess")
    strangers.failed("10.0.0.7", "key")
    assert not strangers.knows("key")


def test_nobody_waits_when_any_number_may_fail():
    strangers = Strangers(0, CollectorRegistry())
    for _ in range(1_000):
        strangers.failed("10.0.0.7", "guess")
    assert strangers.wait("10.0.0.7") == 0


def test_refusals_are_told_late_and_one_after_another_until_too_many_wait():
    clock = Clock()
    strangers = Strangers(60, CollectorRegistry(), clock)
    first, second = strangers.unheard(), strangers.unheard()
    assert (first, second) == (HELD_SECONDS, pytest.approx(HELD_SECONDS + 1 / REFUSALS_A_SECOND))
    waits = [strangers.unheard() for _ in range(round(LONGEST_SECONDS * REFUSALS_A_SECOND))]
    assert LONGEST_SECONDS - 1 < max(waits) <= LONGEST_SECONDS
    assert waits[-1] == 0.0  # the line is full
    clock.now += LONGEST_SECONDS
    assert strangers.unheard() == pytest.approx(HELD_SECONDS)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("ipv4:10.0.0.7:5123", None, "10.0.0.7"),
        ("ipv4:10.0.0.7:5123", "192.0.2.1", "10.0.0.7"),  # of another machine: anybody may say anything
        ("ipv4:127.0.0.1:5123", None, "127.0.0.1"),
        ("ipv4:127.0.0.1:5123", "192.0.2.1", "192.0.2.1"),
        ("ipv4:127.0.0.1:5123", "nonsense", "127.0.0.1"),
        ("ipv6:%5B::1%5D:5123", "192.0.2.1", "192.0.2.1"),
        ("ipv6:[2001:db8::7]:5123", "192.0.2.1", "2001:db8::7"),
        ("ipv6:%5B2001:db8::8%5D:5123", None, "2001:db8::8"),
        ("ipv6:[::ffff:10.0.0.7]:5123", None, "10.0.0.7"),
        ("unix:/run/loadcell", "2001:DB8:0::7", "2001:db8::7"),
        ("unix:", None, "this machine"),
    ],
)
def test_where_a_call_comes_from(peer, forwarded, address):
    assert caller_address(peer, forwarded) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [("10.0.0.7", "10.0.0.7"), ("2001:db8::7", "2001:db8::/64"), ("this machine", "this machine")],
)
def test_what_is_counted_together(address, counted):
    assert counted_together(address) == counted
