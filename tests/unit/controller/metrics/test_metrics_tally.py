"""Adding up in pieces is adding up at once, and answers have bounds."""

from __future__ import annotations

import numpy as np
import pytest

from controller.query.metrics import tally as module
from controller.query.metrics.tally import Tally, check_points
from controller.query.metrics.uniques import Uniques
from loadcell.errors import LoadcellError
from loadcell.stats.packed import pack


def added(rows, at_once: int) -> module.Sums:
    tally = Tally(["count", "duration_min", "duration_max"], ["durations"], "interval")
    for first in range(0, len(rows), at_once):
        keys, values = zip(*rows[first : first + at_once], strict=True)
        column = np.array(values)
        columns = {"count": np.ones(len(column), np.int64), "duration_min": column, "duration_max": column}
        tally.add(
            np.array(keys), columns, {"durations": [pack([value] if value >= 0 else []) for value in values]}
        )
    return tally.sums()


def test_compacting_in_between_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    rows = list(zip(rng.integers(0, 20, 900).tolist(), rng.integers(-1, 10_000, 900).tolist(), strict=True))
    whole = added(rows, 900)
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 50)
    pieces = added(rows, 7)
    for key, number in enumerate(whole.keys.tolist()):
        mine = [value for k, value in rows if k == number]
        known = [value for value in mine if value >= 0]
        for sums in (whole, pieces):
            assert sums.columns["count"][key] == len(mine)
            assert sums.columns["duration_min"][key] == min(known, default=-1)
            assert sums.columns["duration_max"][key] == max(known, default=-1)
    np.testing.assert_array_equal(
        whole.sketch("durations").quantiles([0.5, 1]), pieces.sketch("durations").quantiles([0.5, 1])
    )
    total = pieces.total()
    assert total.columns["count"].tolist() == [900]
    assert total.sketch("durations").counts.tolist() == [sum(value >= 0 for _, value in rows)]
    middle = sorted(value for _, value in rows if value >= 0)
    right = middle[(len(middle) + 1) // 2 - 1]
    assert total.sketch("durations").quantiles([0.5])[0, 0] == pytest.approx(right, rel=0.005_001)


def test_nothing_adds_up_to_nothing():
    sums = Tally(["count"], ["durations"], "interval").sums()
    for empty in (sums, sums.total()):
        assert len(empty.keys) == len(empty.columns["count"]) == len(empty.sketch("durations").counts) == 0


def test_too_many_points_are_refused_by_the_name_of_the_width():
    check_points(module.MAX_POINTS, "interval")
    with pytest.raises(LoadcellError) as refused:
        check_points(module.MAX_POINTS + 1, "granularity")
    assert (refused.value.reason, refused.value.field) == ("LIMIT_EXCEEDED", "granularity")


def test_values_are_counted_once_for_each_key_and_altogether():
    uniques = Uniques(["ann", None, "bob", "ann"])
    uniques.add(np.array([5, 5, 7]), np.array([0, 3, 1]))
    uniques.add(np.array([5, 9]), np.array([2, 0]))
    assert uniques.counts(np.array([5, 7, 9])).tolist() == [2, 0, 1]
    assert uniques.total() == 2
