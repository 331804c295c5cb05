"""The error catalog as HTTP statuses."""

import pytest

from gateway.errors import error_document, error_response, http_status
from loadcell.errors import REASONS, LoadcellError

EXCEPTIONS = {
    "RUN_NOT_FINISHED": 202,
    "RUN_FAILED": 500,
    "RECOMMENDATION_FAILED": 500,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "PAYLOAD_TOO_LARGE": 413,
    "URL_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RANGE_NOT_SATISFIABLE": 416,
    "HEADERS_TOO_LARGE": 431,
    "NOT_IMPLEMENTED": 501,
    "SERVICE_UNAVAILABLE": 503,
}
BY_HUNDRED = {10: 401, 11: 403, 12: 400, 13: 404, 14: 409, 15: 429, 16: 503, 17: 503, 18: 504, 19: 500}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_the_status_of_its_number_or_its_own(reason):
    expected = EXCEPTIONS.get(reason, BY_HUNDRED[REASONS[reason].number // 100])
    assert http_status(LoadcellError(reason, "m")) == expected


@pytest.mark.parametrize("reason", REASONS)
def test_who_may_try_again_is_told_when(reason):
    error = LoadcellError(reason, "m")
    headers = error_response(error, path="", request_id="r").headers
    assert ("retry-after" in headers) == (http_status(error) in (429, 503))


def test_the_document_of_an_error():
    error = LoadcellError("INVALID_FIELD_VALUE", "too low", field="concurrency", metadata={"minimum": "1"})
    document = error_document(error, path="/api/v1/traces", request_id="r")
    assert document["error"] == {
        "code": 1202,
        "error_code": "INVALID_FIELD_VALUE",
        "category": "VALIDATION",
        "message": "too low",
        "details": {"minimum": "1"},
        "field": "concurrency",
    }
    assert document["meta"]["request_id"] == "r"
    assert document["meta"]["timestamp"].endswith("Z")
    assert document.keys() == {"error", "meta"}
