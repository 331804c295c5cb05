"""The catalog is complete and survives the wire."""

import grpc
import pytest

from loadcell.errors import CATEGORIES, REASONS, Code, LoadcellError
from loadcell.rpc_errors import DETAILS_KEY, from_rpc_error, status_code, status_details


class _Failure(grpc.RpcError):
    def __init__(self, code, text, trailers=()):
        self._code, self._text, self._trailers = code, text, trailers

    def code(self):
        return self._code

    def details(self):
        return self._text

    def trailing_metadata(self):
        return self._trailers


def test_numbers_are_unique_and_belong_to_a_category():
    numbers = [row.number for row in REASONS.values()]
    assert len(numbers) == len(set(numbers))
    assert {number // 100 for number in numbers} <= set(CATEGORIES)


def test_codes_are_those_of_grpc():
    assert all(grpc.StatusCode[code.name].value[0] == code for code in Code)


def test_reasons_are_spelt_as_google_rpc_wants_them():
    assert all(reason.isupper() and len(reason) <= 63 for reason in REASONS)


def test_an_unknown_reason_is_a_programming_error():
    with pytest.raises(ValueError, match="NO_SUCH_REASON"):
        LoadcellError("NO_SUCH_REASON", "text")


@pytest.mark.parametrize("field", [None, "concurrency.0"])
def test_reason_field_and_metadata_survive_the_wire(field):
    sent = LoadcellError("INVALID_FIELD_VALUE", "concurrency 0 is below 1", field=field, metadata={"value": "0"})
    received = from_rpc_error(
        _Failure(status_code(sent), sent.message, ((DETAILS_KEY, status_details(sent, "request-1")),))
    )
    assert (received.reason, received.message, received.field, received.metadata) == (
        sent.reason,
        sent.message,
        sent.field,
        sent.metadata,
    )


@pytest.mark.parametrize("reason", ["TOO_MANY_REQUESTS", None])
def test_a_client_learns_the_name_of_the_call_and_when_to_come_again(reason):
    told = (("x-request-id", "request-1"), ("retry-after", "7"))
    if reason:
        told = (*told, (DETAILS_KEY, status_details(LoadcellError(reason, "wait"), "request-1")))
    error = from_rpc_error(_Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "wait", told))
    assert (error.request_id, error.retry_after) == ("request-1", 7)
    untold = from_rpc_error(_Failure(grpc.StatusCode.UNAVAILABLE, "gone", (("retry-after", "soon"),)))
    assert (untold.request_id, untold.retry_after) == ("", None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_TIMEOUT"),
        (grpc.StatusCode.DATA_LOSS, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_failures_of_grpc_itself_get_the_nearest_reason(code, reason):
    assert from_rpc_error(_Failure(code, "gone")).reason == reason
