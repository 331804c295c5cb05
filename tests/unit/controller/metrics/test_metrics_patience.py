"""A question that takes too long is given up, between two pages of what it reads as well."""

from __future__ import annotations

import time

import pytest

from controller.store.query_time import Patience
from loadcell.errors import LoadcellError


def test_pages_are_read_while_there_is_time():
    assert list(Patience(10, time.monotonic() + 3_600).watch([1, 2])) == [1, 2]
    with pytest.raises(LoadcellError) as refused:
        list(Patience(10, time.monotonic() - 1).watch([1, 2]))
    assert refused.value.reason == "REQUEST_TIMEOUT"
