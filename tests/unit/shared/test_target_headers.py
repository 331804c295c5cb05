import pytest

from loadcell.errors import LoadcellError
from loadcell.target_headers import RESERVED, check_api_key, check_headers


def test_usual_headers_and_keys_pass():
    check_headers({"X-Tenant": "blue", "Authorization": "Basic abc==", "x-empty": ""})
    check_api_key("")
    check_api_key("sk-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-a", "b\r\nx-c: secret"),
        ("x-a", "secret\n"),
        ("x-a", "secret\x00"),
        ("x-a", "secret" * 2000),
        ("x a", "secret"),
        ("x-a:", "secret"),
        ("x-a\r\nb", "secret"),
        ("", "secret"),
        *((name.title(), "secret") for name in sorted(RESERVED)),
    ],
)
def test_S1_headers_that_would_break_the_message_are_refused_and_not_shown(name, value):
    with pytest.raises(LoadcellError) as refused:
        check_headers({name: value})
    assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", "headers")
    assert "secret" not in refused.value.message


def test_headers_are_bounded():
    with pytest.raises(LoadcellError) as refused:
        check_headers({f"x-{number}": "" for number in range(65)})
    assert refused.value.reason == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("key", ["secret\r\n", "sec ret", "secré", "secret" * 2000])
def test_S1_keys_that_no_header_carries_are_refused_and_not_shown(key):
    with pytest.raises(LoadcellError) as refused:
        check_api_key(key)
    assert refused.value.field == "api_key"
    assert key not in refused.value.message
