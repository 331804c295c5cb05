import pytest

from loadcell.levels import level_key, level_name, parse_level_key


@pytest.mark.parametrize(
    ("concurrency", "rate", "name", "key"),
    [(10, 0, "c=10", "10"), (0, 100.0, "100/s", "rate:100"), (0, 0.5, "0.5/s", "rate:0.5")],
)
def test_levels_have_a_name_and_a_key(concurrency, rate, name, key):
    assert level_name(concurrency, rate) == name
    assert level_key(concurrency, rate) == key
    assert parse_level_key(key) == (concurrency, rate)
