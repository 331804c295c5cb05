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
def test_F19_a_base_url_may_end_in_v1_or_a_slash(
    url: str, host: str, port: int, path: str, authority: str
) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.host, endpoint.port, endpoint.path("models"), endpoint.authority) == (
        host,
        port,
        path,
        authority,
    )
    assert endpoint.tls is url.lower().startswith("https")


def test_a_bad_url_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(LoadcellError, match="server_url must not contain a user") as caught:
        Endpoint.parse("http://user:hunter2@h")
    assert (caught.value.reason, caught.value.field) == ("INVALID_FIELD_VALUE", "server_url")
