import zlib

from hypothesis import given
from hypothesis import strategies as st

from agent.outbound import Outbound


def fill(outbound, lease_id, count):
    for number in range(1, count + 1):
        outbound.add(lease_id, b"batch %d" % number)


def drain(outbound):
    sent = []
    while (batch := outbound.next()) is not None:
        sent.append(batch.number)
    return sent


def test_batches_are_numbered_per_lease_carry_their_checksum_and_take_turns():
    outbound = Outbound()
    fill(outbound, "a", 2)
    fill(outbound, "b", 1)
    batches = [outbound.next() for _ in range(3)]
    assert [(b.lease_id, b.number) for b in batches] == [("a", 1), ("b", 1), ("a", 2)]
    assert all(b.crc32 == zlib.crc32(b.columns) for b in batches)
    assert outbound.next() is None


def test_batches_are_kept_until_acknowledged_and_resent_after_a_reconnect():
    outbound = Outbound()
    fill(outbound, "a", 5)
    assert drain(outbound) == [1, 2, 3, 4, 5]
    outbound.acknowledge("a", 2)
    outbound.rewind()
    assert drain(outbound) == [3, 4, 5]
    outbound.acknowledge("a", 5)
    assert outbound.delivered()
    outbound.rewind()
    assert drain(outbound) == []
    outbound.add("a", b"x")
    assert outbound.next().number == 6


def test_one_gap_is_answered_with_one_resend():
    outbound = Outbound()
    fill(outbound, "a", 6)
    assert drain(outbound) == [1, 2, 3, 4, 5, 6]
    # 3 got lost: 4, 5 and 6 are refused one after the other.
    assert outbound.resend("a", 4, 2)
    assert drain(outbound) == [3, 4, 5, 6]
    assert outbound.resend("a", 5, 2)
    assert outbound.resend("a", 6, 2)
    assert drain(outbound) == []
    outbound.acknowledge("a", 6)
    assert outbound.delivered()


def test_a_batch_that_is_refused_for_ever_is_given_up():
    outbound = Outbound()
    fill(outbound, "a", 1)
    tries = 0
    while True:
        tries += len(drain(outbound))
        if not outbound.resend("a", 1, 0):
            break
    assert tries == 6
    outbound.drop("a")
    assert outbound.delivered()
    assert outbound.unacknowledged("a") == 0


@given(st.lists(st.one_of(st.integers(0, 12), st.sampled_from(["add", "send", "lose"])), max_size=60))
def test_every_batch_reaches_a_store_that_deduplicates_exactly_once(script):
    """Whatever is acknowledged, lost and resent: the store ends with 1, 2, 3, ... and no gap."""
    outbound, stored, added, committed = Outbound(), set(), 0, 0
    for step in [*script, "lose", *["send"] * 100]:
        if step == "add":
            outbound.add("a", b"x")
            added += 1
        elif step == "send":
            batch = outbound.next()
            if batch is not None and batch.number <= committed + 1:
                stored.add(batch.number)
                committed = max(committed, batch.number)
        elif step == "lose":
            outbound.rewind()
        else:
            outbound.acknowledge("a", min(step, committed))
    assert stored == set(range(1, added + 1))
    outbound.acknowledge("a", added)
    assert (outbound.memory_bytes, outbound.batches) == (0, 0)
