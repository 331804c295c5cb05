import pytest

from loadcell.target_url import TargetUrl, parse_target_url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://h", ("http", "h", 80, "")),
        ("HTTPS://H/openai/v1/", ("https", "h", 443, "/openai/v1/")),
        ("http://[::1]:8000/", ("http", "::1", 8000, "/")),
    ],
)
def test_base_urls_have_parts(url, parts):
    assert parse_target_url(url) == TargetUrl(*parts)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "no scheme"),
        ("h:8000", "no scheme"),
        ("ftp://h", "must begin with http"),
        ("http://", "no host"),
        ("http://:8000", "no host"),
        ("http://h:99999", "port from 1"),
        ("http://h:x", "port from 1"),
        ("http://h:0", "port from 1"),
        ("http://[::1", "brackets"),
        ("http://h/a b", "spaces"),
        ("http://h\r\nx: y", "control"),
        ("http://hö", "non-ASCII"),
        ("http://h/?a=b", "query"),
        ("http://h/#a", "fragment"),
        ("http://" + "a" * 3000, "2,048"),
    ],
)
def test_what_cannot_be_dialled_is_refused(url, reason):
    with pytest.raises(ValueError, match=reason):
        parse_target_url(url)


@pytest.mark.parametrize(
    "form", ["http://u:{}@h", "http://{}@h", "u:{}@h:1", "http://u:{}/x@h", "http://u:{}#@h", "http://h?{}"]
)
def test_S1_no_message_repeats_what_may_be_a_credential(form):
    with pytest.raises(ValueError, match=r"user|scheme|query|port") as refused:
        parse_target_url(form.format("hunter2"))
    assert "hunter2" not in str(refused.value)
