"""Places and rates of connections."""

import pytest

from gateway.live.places import Places
from gateway.live.rate import Rate
from loadcell.errors import LoadcellError


def test_a_place_is_free_again_when_it_is_left():
    places = Places(most=2, most_each=1)
    with places.one(), places.one(), pytest.raises(LoadcellError) as refused, places.one():
        pass
    assert refused.value.reason == "TOO_MANY_REQUESTS"
    with places.one(), places.of("a"), places.of("b"), pytest.raises(LoadcellError), places.of("a"):
        pass
    with places.one(), places.of("a"):
        pass
    assert not places._of


def test_a_rate_lets_so_many_through_at_once_and_then_so_many_a_second():
    rate = Rate(per_second=10.0, burst=3, now=100.0)
    assert [rate.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [rate.take(100.25) for _ in range(3)] == [True, True, False]
    assert [rate.take(1_000.0) for _ in range(4)] == [True, True, True, False]
