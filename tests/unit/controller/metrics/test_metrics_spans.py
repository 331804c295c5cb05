"""What covers a range covers each part of it once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller.query.metrics.spans import Cover, Edge, Span, as_kept, cover

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
NOW = 20_000 * DAY + 5 * HOUR + 17

TIMES = st.integers(NOW - 100 * DAY, NOW + DAY)
WIDTHS = st.sampled_from([None, 60, 300, 3_600, 86_400])


def pieces(covered: Cover) -> list[tuple[int, int]]:
    spans = [(span.first * span.grain * SECOND, span.end * span.grain * SECOND) for span in covered.spans]
    return sorted([*spans, *((edge.start, edge.end) for edge in covered.edges)])


@given(TIMES, st.integers(1, 90 * DAY), WIDTHS)
def test_every_moment_up_to_now_is_covered_once(start, length, width):
    end = start + length
    covered = cover(start, end, width=width, now=NOW)
    found = pieces(covered)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[0][0] == start
    # Beyond now there is nothing, so the last piece may go on.
    assert found[-1][1] == end if end < NOW else found[-1][1] >= end
    assert len(found) <= 7
    assert all(edge.end - edge.start < 2 * MINUTE for edge in covered.edges)
    assert all(width is None or width % span.grain == 0 for span in covered.spans)


def test_a_range_until_now_uses_the_bucket_that_is_being_filled():
    assert cover(NOW - NOW % DAY, NOW, width=None, now=NOW) == Cover((Span(86_400, 20_000, 20_001),), ())
    before = cover(NOW - NOW % DAY, NOW - 1, width=None, now=NOW)
    assert before.edges == (Edge(20_000 * DAY + 5 * HOUR, NOW - 1),)


@given(TIMES, st.integers(1, 90 * DAY), st.integers(-10, 120), st.integers(-10, 120))
def test_requests_stand_in_for_rollups_that_are_gone(start, length, minute_days, hour_days):
    covered = cover(start, start + length, width=None, now=NOW)
    oldest = {60: (NOW - minute_days * DAY) // MINUTE, 3_600: (NOW - hour_days * DAY) // HOUR}
    kept = as_kept(covered, oldest)
    assert all(span.first >= oldest.get(span.grain, span.first) for span in kept.spans)
    merged = pieces(kept)
    assert all(before[1] == after[0] for before, after in pairwise(merged))
    assert (merged[0][0], merged[-1][1]) == (pieces(covered)[0][0], pieces(covered)[-1][1])
    assert all(before.end < after.start for before, after in pairwise(kept.edges))
