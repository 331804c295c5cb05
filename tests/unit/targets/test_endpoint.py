from __future__ import annotations

import pytest

from agent.targets.endpoint import Endpoint
from loadcell.errors import LoadcellError


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("http://h:1", "h", 1, "/v1/models", "h:1"),
        ("http://h:1/", "h", 1, "/v1/models", "h:1"),
        ("http://h:1/v1", "h", 1, "/v1/models", "h:1"),
        ("http://h:1/v1/", "h", 1, "/v1/models", "h:1"),
        ("http://h/openai/v1/", "h", 80, "/openai/v1/models", "h"),
        ("http://h/openai", "h", 80, "/openai/v1/models", "h"),
        ("https://h", "h", 443, "/v1/models", "h"),
        ("https://h:80", "h", 80, "/v1/models", "h:80"),
        ("http://[::1]:8000", "::1", 8000, "/v1/models", "[::1]:8000"),
        ("HTTP://10.0.0.7:8000", "10.0.0.7", 8000, "/v1/models", "10.0.0.7:8000"),
    ],
)
def test_a_base_url_may_end_in_v1_or_a_slash(url: str, host: str, port: int, path: str, authority: str) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.host, endpoint.port, endpoint.path("models"), endpoint.authority) == (
        host,
        port,
        path,
        authority,
    )
    assert endpoint.tls is url.lower().startswith("https")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "http://"),
        ("h:8000", "http://"),
        ("ftp://h", "http://"),
        ("http://", "no host"),
        ("http://h:99999", "not a URL"),
        ("http://h:x", "not a URL"),
        ("http://h:0", "port 0"),
        ("http://[::1", "not a URL"),
        ("http://h/a b", "spaces"),
        ("http://h\r\nx: y", "control"),
        ("http://h/?a=b", "query"),
        ("http://user:hunter2@h", "user or password"),
    ],
)
def test_a_bad_url_is_refused_with_its_reason(url: str, reason: str) -> None:
    with pytest.raises(LoadcellError, match=reason) as caught:
        Endpoint.parse(url)
    assert (caught.value.reason, caught.value.field) == ("INVALID_FIELD_FORMAT", "server_url")
    assert "hunter2" not in str(caught.value)
