"""What caches are told of an answer, and when a caller has it already."""

from __future__ import annotations

import hashlib

import pytest
from starlette.datastructures import Headers

from gateway.conditional import caching_headers, is_known, tag_of
from loadcell.v1 import envelope_pb2

NOON = 1_769_860_800  # 2026-01-31 12:00:00 UTC
TOLD = {"ETag": '"abc"', "Last-Modified": "Sat, 31 Jan 2026 12:00:00 GMT"}


def meta(computed: float, sent: float, seconds: int | None) -> envelope_pb2.ResponseMeta:
    made = envelope_pb2.ResponseMeta(max_age_seconds=seconds)
    made.timestamp.FromMicroseconds(int(sent * 1e6))
    if seconds is not None:
        made.computed_at.FromMicroseconds(int(computed * 1e6))
    return made


def test_a_tag_is_32_digits_of_the_sha_256_of_the_body():
    assert tag_of(b"{}") == f'"{hashlib.sha256(b"{}").hexdigest()[:32]}"'


def test_a_kept_answer_has_its_time_its_age_and_how_long_it_holds():
    assert caching_headers('"t"', meta(NOON, NOON + 7.5, 60)) == {
        "ETag": '"t"',
        "Vary": "Authorization, X-API-Key, Accept-Encoding",
        "Cache-Control": "private, max-age=60",
        "Age": "7",
        "Last-Modified": "Sat, 31 Jan 2026 12:00:00 GMT",
    }


def test_an_answer_has_no_time_in_the_second_it_was_computed_in():
    assert "Last-Modified" not in caching_headers('"t"', meta(NOON + 0.1, NOON + 0.9, 60))
    assert "Last-Modified" in caching_headers('"t"', meta(NOON + 0.9, NOON + 1.1, 60))


@pytest.mark.parametrize("of", [None, meta(NOON, NOON + 5, None), meta(NOON, NOON + 5, 0)])
def test_what_is_not_kept_has_to_be_asked_for_each_time(of):
    headers = caching_headers('"t"', of)
    assert headers["Cache-Control"] == "private, no-cache"
    assert not {"Age", "Last-Modified"} & set(headers)


@pytest.mark.parametrize(
    "given",
    ['"abc"', 'W/"abc"', '"x", "abc"', '"x","abc" ,"y"', '"a,b", W/"abc"', "*", " * ", '"", "abc"'],
)
def test_a_tag_that_is_named_is_known_weak_or_strong(given):
    assert is_known(Headers({"If-None-Match": given}), TOLD)


@pytest.mark.parametrize("given", ['"x"', "abc", '"ABC"', '"abc', '"abc-gzip"', "", '"x, abc"', "*, x", '"ab"c"'])
def test_any_other_tag_is_not(given):
    assert not is_known(Headers({"If-None-Match": given}), TOLD)


def test_tags_in_several_headers_are_one_list():
    assert is_known(Headers(raw=[(b"if-none-match", b'"x"'), (b"if-none-match", b'"abc"')]), TOLD)


@pytest.mark.parametrize(
    ("since", "known"),
    [
        ("Sat, 31 Jan 2026 12:00:00 GMT", True),
        ("Sat, 31 Jan 2026 12:00:01 GMT", True),
        ("Sat, 31 Jan 2026 13:00:00 +0100", True),
        ("Sat, 31 Jan 2026 11:59:59 GMT", False),
        ("yesterday", False),
        ("", False),
        ("Sat, 31 Jan 2026 12:00:00", False),
        ("Sat, 99 Jan 2026 12:00:00 GMT", False),
    ],
)
def test_a_date_is_compared_with_that_of_the_answer(since, known):
    assert is_known(Headers({"If-Modified-Since": since}), TOLD) is known


def test_W38_a_date_has_no_say_beside_tags():
    late = {"If-Modified-Since": "Sat, 31 Jan 2026 13:00:00 GMT"}
    assert not is_known(Headers({**late, "If-None-Match": '"x"'}), TOLD)
    assert is_known(
        Headers({"If-None-Match": '"abc"', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}), TOLD
    )


def test_W38_a_future_date_is_no_match_for_an_answer_without_a_time():
    future = Headers({"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"})
    assert not is_known(future, {"ETag": '"abc"'})
    assert not is_known(Headers(raw=future.raw * 2), TOLD)  # two dates are none
