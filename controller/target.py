"""The target of a run: its address, its secrets, and what agents are told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from controller.store.records import RunRecord
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, target_pb2

MAX_URL = 2_048  # characters
MAX_HEADERS = 64
MAX_SECRET = 8_192  # characters of a key or header value
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # field-name of RFC 9110
_VISIBLE = re.compile(r"[\x21-\x7e]*")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # field-value of RFC 9110: no CR, LF or NUL
# The engine frames its requests itself; a second one of these would change where a request ends or goes.
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})


@dataclass(frozen=True, slots=True)
class TargetSecrets:
    """What the target must be told and nobody else. Kept in memory only."""

    api_key: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.api_key or self.headers)


def check_server_url(url: str) -> str:
    """Return the URL without trailing slashes.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD or INVALID_FIELD_VALUE.
    """
    if not url:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "server_url is required", field="server_url")
    problem = _url_problem(url)
    if problem:
        raise LoadcellError("INVALID_FIELD_VALUE", f"server_url {problem}", field="server_url")
    return url.rstrip("/")


def _url_problem(url: str) -> str:  # noqa: PLR0911 - one line a rule
    if len(url) > MAX_URL:
        return f"has more than {MAX_URL:,} characters"
    if not _VISIBLE.fullmatch(url):
        return "has spaces, control or non-ASCII characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"{url!r} cannot be read: {error}"
    # What could be a credential is not repeated in the message.
    if parts.username is not None or parts.password is not None:
        return "must not hold credentials; give them as api_key or headers"
    if parts.scheme not in ("http", "https"):
        return f"{url!r} must begin with http:// or https://"
    if not parts.hostname:
        return f"{url!r} names no host"
    if port == 0:
        return f"{url!r} has port 0"
    if parts.query or parts.fragment:
        return "must not have a query or a fragment"
    return ""


def check_secrets(api_key: str, headers: dict[str, str]) -> TargetSecrets:
    """Check credentials and extra headers; no message shows a value.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE or LIMIT_EXCEEDED.
    """
    if len(api_key) > MAX_SECRET or not _VISIBLE.fullmatch(api_key):
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"api_key must be at most {MAX_SECRET:,} visible ASCII characters",
            field="api_key",
        )
    if len(headers) > MAX_HEADERS:
        raise LoadcellError("LIMIT_EXCEEDED", f"{len(headers)} headers, at most {MAX_HEADERS}", field="headers")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise LoadcellError("INVALID_FIELD_VALUE", f"{name[:64]!r} is no header name", field="headers")
        if name.lower() in _RESERVED:
            raise LoadcellError("INVALID_FIELD_VALUE", f"header {name} cannot be replaced", field="headers")
        if len(value) > MAX_SECRET or not _HEADER_VALUE.fullmatch(value):
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"the value of header {name} is longer than {MAX_SECRET:,} characters or has characters that a"
                " header cannot carry, such as line breaks",
                field="headers",
            )
    return TargetSecrets(api_key, headers)


def target_spec(run: RunRecord, secrets: TargetSecrets) -> target_pb2.TargetSpec:
    """Return the target as agents are told of it."""
    return target_pb2.TargetSpec(
        server_url=run.server_url,
        adapter=run.adapter,
        model=run.model,
        api_key=secrets.api_key,
        headers=secrets.headers,
        stream=run.config.stream,
        timeout_micros=round(run.config.timeout * 1e6),
        tls_verify=run.config.tls_verify,
        pin_output=run.pin_output,
    )


def workload_spec(config: result_pb2.RunConfig, words_per_token: float) -> target_pb2.WorkloadSpec:
    """Return the workload as agents are told of it."""
    return target_pb2.WorkloadSpec(
        input_len=config.input_len,
        output_len=config.output_len,
        seed=config.seed,
        tokenizer_asset=config.tokenizer_asset,
        dataset_asset=config.dataset_asset,
        words_per_token=words_per_token,
    )
