"""Texts that are written once, and envelopes that are opened unread."""

from __future__ import annotations

import pytest

from gateway.envelope import envelope_of
from gateway.texts import LARGEST, Texts
from loadcell.v1 import envelope_pb2, run_pb2, trace_pb2


class Writer:
    """Counts how often it writes."""

    def __init__(self, text: bytes) -> None:
        self.text, self.written = text, 0

    def __call__(self) -> bytes:
        self.written += 1
        return self.text


def test_the_same_bytes_of_the_same_kind_are_written_once():
    texts, writer = Texts(), Writer(b"{}")
    assert texts.of("A", b"1", writer) is texts.of("A", b"1", writer)
    assert writer.written == 1
    texts.of("B", b"1", writer)
    texts.of("A", b"2", writer)
    assert writer.written == 3


def test_what_was_used_last_stays():
    texts, writer = Texts(capacity=3_000), Writer(b"x" * 500)
    for answer in (b"1", b"2", b"1", b"3"):
        texts.of("A", answer, writer)
    assert (writer.written, texts.size <= 3_000) == (3, True)
    texts.of("A", b"1", writer)
    assert writer.written == 3
    texts.of("A", b"2", writer)
    assert writer.written == 4


def test_a_text_that_takes_much_room_is_not_kept():
    texts, writer = Texts(), Writer(b"x" * LARGEST)
    assert texts.of("A", b"1", writer) == texts.of("A", b"1", writer)
    assert (writer.written, texts.size) == (2, 0)


def test_an_answer_is_taken_out_of_its_envelope_as_it_came():
    answer = trace_pb2.ListTracesResponse(status="success", data=[trace_pb2.Trace(model="m")] * 3)
    answer.pagination.limit = 3
    whole = trace_pb2.ListTracesResponse()
    whole.CopyFrom(answer)
    whole.meta.request_id = "r"
    envelope = envelope_of(trace_pb2.ListTracesResponse.DESCRIPTOR)
    assert envelope is not None
    data, meta = envelope.open(whole.SerializeToString())
    assert trace_pb2.ListTracesResponse.FromString(data) == answer
    assert meta == envelope_pb2.ResponseMeta(request_id="r")
    assert envelope.open(answer.SerializeToString()) == (data, envelope_pb2.ResponseMeta())


@pytest.mark.parametrize("plain", [run_pb2.GetRunResponse, trace_pb2.Trace])
def test_other_answers_have_no_envelope(plain):
    assert envelope_of(plain.DESCRIPTOR) is None
