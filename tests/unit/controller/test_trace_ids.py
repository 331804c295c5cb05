"""The identifier of a trace is its key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.trace_ids import RequestKey, request_key, span_id, trace_id

KEYS = st.builds(
    RequestKey,
    run_key=st.integers(1, 2**34 - 1),
    level=st.integers(0, 999),
    warmup=st.integers(0, 1),
    ordinal=st.integers(0, 2**43 - 1),
    lease_key=st.integers(1, 2**40 - 1),
)


@given(KEYS)
def test_key_comes_back(key):
    text = trace_id(key)
    assert (len(text), request_key(text)) == (32, key)
    assert request_key(text.upper()) == key
    assert text.endswith(span_id(key))


@given(KEYS, KEYS)
def test_identifiers_sort_by_run_and_level(one, other):
    assert one[:2] == other[:2] or (trace_id(one) < trace_id(other)) == (one[:2] < other[:2])


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "g" * 32, "+" + "0" * 31, " " * 32, "0x" + "0" * 30])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="32 hexadecimal"):
        request_key(text)
