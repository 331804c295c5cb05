"""Records of a segment: every way in which bytes can be missing or wrong."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spool.record import Header, encode, scan


def record(lease_id, number, columns):
    return encode(Header(lease_id, number, len(columns), zlib.crc32(columns))) + columns


BATCHES = [("run.0.0", 1, b"first"), ("läufe/1", 2**40, b""), ("run.0.0", 3, b"third " * 20)]
SEGMENT = b"".join(record(*batch) for batch in BATCHES)
ENDS = [len(b"".join(record(*batch) for batch in BATCHES[:n])) for n in range(len(BATCHES) + 1)]


def read(data, found):
    return [(h.lease_id, h.number, data[offset : offset + h.length]) for offset, h in found.records]


def test_what_was_written_is_found():
    found = scan(SEGMENT)
    assert read(SEGMENT, found) == BATCHES
    assert (found.damaged_bytes, found.torn_bytes) == (0, 0)
    assert scan(b"").records == []


@pytest.mark.parametrize("end", range(len(SEGMENT)))
def test_a_write_torn_at_any_byte_costs_only_the_record_it_tears(end):
    found = scan(SEGMENT[:end])
    whole = sum(boundary <= end for boundary in ENDS[1:])
    assert read(SEGMENT, found) == BATCHES[:whole]
    assert found.torn_bytes == end - ENDS[whole]
    assert found.damaged_bytes == 0


@pytest.mark.parametrize("position", range(len(SEGMENT)))
def test_a_wrong_byte_costs_at_most_its_own_record(position):
    broken = bytearray(SEGMENT)
    broken[position] ^= 0x40
    found = scan(bytes(broken))
    hit = next(n for n in range(len(BATCHES)) if position < ENDS[n + 1])
    intact = [batch for n, batch in enumerate(BATCHES) if n != hit]
    seen = read(bytes(broken), found)
    # Columns are not looked at here: their record is still found then, with its right checksum.
    assert [batch for batch in seen if batch in intact] == intact
    assert all(
        zlib.crc32(data) != zlib.crc32(BATCHES[hit][2]) for _, _, data in seen if (_, _, data) not in intact
    )


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2**63), st.binary(max_size=60)), max_size=6))
def test_any_batches_survive_and_zeros_at_the_end_are_torn(batches):
    data = b"".join(record(*batch) for batch in batches)
    found = scan(data + bytes(9))
    assert read(data, found) == batches
    assert found.torn_bytes == 9


@given(st.binary(max_size=300))
def test_any_bytes_can_be_scanned(data):
    found = scan(data)
    assert found.damaged_bytes + found.torn_bytes <= len(data)
