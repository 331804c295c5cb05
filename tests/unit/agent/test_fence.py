from hypothesis import given
from hypothesis import strategies as st

from agent.fence import Fence

SECOND = 10**9


def test_fence_is_open_for_its_length_after_the_sending_of_the_last_answered_heartbeat():
    fence = Fence(10 * SECOND, 3 * SECOND)
    assert fence.until_ns == 13 * SECOND
    fence.renew(5 * SECOND, now_ns=6 * SECOND)
    assert fence.until_ns == 15 * SECOND
    fence.renew(4 * SECOND, now_ns=7 * SECOND)  # an answer that was overtaken
    assert fence.until_ns == 15 * SECOND


def test_time_behind_the_shut_fence_counts_from_the_beginning_of_the_load():
    fence = Fence(10 * SECOND, 0)
    fence.begin(12 * SECOND)
    fence.renew(14 * SECOND, now_ns=14 * SECOND)
    assert fence.shut_ns(14 * SECOND) == 2 * SECOND
    assert fence.shut_ns(27 * SECOND) == 5 * SECOND
    unused = Fence(10 * SECOND, 0)
    unused.renew(90 * SECOND, now_ns=90 * SECOND)
    assert unused.shut_ns(95 * SECOND) == 0
    unused.begin(92 * SECOND)
    assert unused.shut_ns(95 * SECOND) == 0


@given(
    length=st.integers(1, 50),
    answers=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 30)), max_size=20),
    end=st.integers(500, 600),
)
def test_the_time_shut_is_what_no_answer_covers(length, answers, end):
    """Against a count of moments; an answer opens the fence when it arrives, `travel` after the sending."""
    arrivals = sorted((sent + travel, sent) for sent, travel in answers)
    fence = Fence(length, 0)
    fence.begin(1)
    for now, sent in arrivals:
        fence.renew(sent, now_ns=now)
    heard = [(0, 0), *arrivals]
    shut = sum(
        all(not (arrived <= moment < sent + length) for arrived, sent in heard)
        for moment in range(1, max(end, arrivals[-1][0] if arrivals else 0))
    )
    assert fence.shut_ns(max(end, arrivals[-1][0] if arrivals else 0)) == shut
