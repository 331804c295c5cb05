"""How single figures are written."""

import pytest

from loadcell.figures import age, byte_count, milliseconds, percent, rate, seconds


@pytest.mark.parametrize(
    ("seconds_", "said"),
    [(-5, "0 s ago"), (59.4, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (1e6, "11 d ago")],
)
def test_ages_are_told_in_their_largest_unit(seconds_: float, said: str):
    assert age(seconds_) == said


def test_bytes_are_told_in_binary_units():
    assert [byte_count(n) for n in (0, 1023, 1024, 5 * 2**20, 3 * 2**40)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "5.0 MiB",
        "3,072.0 GiB",
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (milliseconds(None), "-"),
        (milliseconds(0.123), "0.12"),
        (milliseconds(12.34), "12.3"),
        (milliseconds(1234.5), "1,234"),
        (rate(None), "-"),
        (rate(12.34), "12.3"),
        (rate(12345.6), "12,346"),
        (percent(None), "-"),
        (percent(0), "0.0 %"),
        (percent(0.04), "<0.1 %"),
        (percent(0.05), "0.1 %"),
        (percent(99.94), "99.9 %"),
        (percent(99.96), ">99.9 %"),
        (percent(100), "100.0 %"),
        (seconds(None), "-"),
        (seconds(59.2), "59 s"),
        (seconds(61), "1:01"),
        (seconds(3723), "1:02:03"),
    ],
)
def test_figures(written: str, expected: str):
    assert written == expected
