import zlib

from hypothesis import given
from hypothesis import strategies as st

from agent.outbound import LOST, Outbound
from agent.spool.record import Header, Place


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


def test_a_lease_whose_batches_are_refused_for_ever_is_given_up():
    outbound = Outbound()
    fill(outbound, "a", 1)
    tries = 0
    while True:
        tries += len(drain(outbound))
        if not outbound.resend("a", 1, 0):
            break
    assert tries == 6
    assert outbound.drop("a") == 1
    assert outbound.delivered()
    assert outbound.unacknowledged("a") == 0


def test_a_batch_that_is_always_corrupt_is_lost_alone():
    outbound = Outbound()
    fill(outbound, "a", 3)
    stored = {}
    for _ in range(100):
        batch = outbound.next()
        if batch is None:
            break
        if batch.number != len(stored) + 1 or batch.columns == b"batch 2":
            corrupt = batch.number == len(stored) + 1
            assert outbound.resend("a", batch.number, len(stored), corrupt=corrupt)
        else:
            stored[batch.number] = batch.columns
            outbound.acknowledge("a", batch.number)
    assert stored == {1: b"batch 1", 2: LOST, 3: b"batch 3"}
    assert (outbound.lost, outbound.batches) == (1, 0)


def restored(*numbers, released=None):
    outbound = Outbound(released.append if released is not None else lambda _: None)
    for number in numbers:
        outbound.restore(Header("a", number, 10, 7), Place(1, 100 * number, 10))
    return outbound


def test_what_was_left_in_the_spool_is_sent_with_its_numbers_and_released_when_acknowledged():
    released = []
    outbound = restored(4, 5, 5, released=released)
    assert released == [Place(1, 500, 10)]  # it was there twice
    assert (outbound.batches, outbound.memory_bytes, outbound.spool_bytes) == (2, 0, 20)
    assert drain(outbound) == [4, 5]
    assert outbound.add("a", b"new").number == 6
    outbound.acknowledge("a", 6)
    assert released[1:] == [Place(1, 400, 10), Place(1, 500, 10)]
    assert (outbound.batches, outbound.memory_bytes, outbound.spool_bytes) == (0, 0, 0)


def test_numbers_that_are_missing_are_told_to_be_lost_once_the_controller_misses_them():
    outbound = restored(4, 6, 7)
    assert drain(outbound) == [4, 6, 7]
    assert outbound.lost == 0
    assert outbound.resend("a", 4, 1)  # 2 and 3 are neither committed nor here
    assert outbound.lost == 2
    sent = [outbound.next() for _ in range(5)]
    assert [batch.number for batch in sent] == [2, 3, 4, 6, 7]
    assert [batch.columns for batch in sent[:2]] == [LOST, LOST]
    assert outbound.resend("a", 6, 1)  # was under way behind the one that was refused
    assert outbound.resend("a", 7, 1)
    outbound.acknowledge("a", 4)
    assert outbound.resend("a", 6, 4)
    assert drain(outbound) == [5, 6, 7]
    assert outbound.lost == 3


def test_a_controller_that_has_forgotten_far_too_much_ends_the_delivery():
    outbound = restored(1_000_000)
    assert not outbound.resend("a", 1_000_000, 0)
    assert outbound.lost == 0


@given(
    st.sets(st.integers(1, 12), min_size=1, max_size=12),
    st.integers(0, 12),
    st.lists(st.sampled_from(["send", "answer", "lose"]), max_size=60),
)
def test_whatever_is_missing_here_and_there_everything_that_is_left_is_stored(left, committed, script):
    """The controller has committed some, answers late or never; what it misses and we have not is lost."""
    outbound, stored, under_way = restored(*sorted(left)), set(range(1, committed + 1)), []
    lost = {n for n in range(committed + 1, max(left) + 1) if n not in left}
    for step in [*script, "lose", *["send", "answer"] * 400]:
        if step == "send":
            batch = outbound.next()
            if batch is None:
                continue
            top = len(stored)
            if batch.number == top + 1:
                assert (batch.columns == LOST) == (batch.number in lost)
                stored.add(batch.number)
            gap = batch.number > top + 1
            under_way.append((batch.number, len(stored), gap))
        elif step == "answer" and under_way:
            number, top, gap = under_way.pop(0)
            if gap:
                assert outbound.resend("a", number, top)
            else:
                outbound.acknowledge("a", top)
        elif step == "lose":
            under_way.clear()
            outbound.rewind()
    assert stored == set(range(1, max(committed, *left) + 1))
    assert outbound.lost == len(lost)
    assert outbound.delivered()


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
