"""Where the target is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from loadcell.errors import LoadcellError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server address: `host` without brackets, `base_path` without a trailing slash and without "/v1"."""

    host: str
    port: int
    base_path: str = ""
    tls: bool = False
    tls_verify: bool = True

    @classmethod
    def parse(cls, server_url: str, *, tls_verify: bool = True) -> Endpoint:
        """Return the endpoint of a base URL such as "http://10.0.0.7:8000" or "https://h/openai/v1/".

        Raises:
            LoadcellError: INVALID_FIELD_FORMAT, field server_url; the message never repeats credentials.
        """
        if any(not "!" <= c <= "~" for c in server_url):
            raise _refusal("must not contain spaces, control characters or non-ASCII characters")
        try:
            parts = urlsplit(server_url)
            port = parts.port
        except ValueError as error:
            raise _refusal(f"is not a URL: {error}") from error
        if parts.scheme not in _DEFAULT_PORTS:
            raise _refusal(f"must begin with http:// or https://, not {parts.scheme or 'nothing'!r}")
        if parts.username is not None or parts.password is not None:
            raise _refusal("must not contain a user or password; use the API key or headers")
        if not parts.hostname:
            raise _refusal("names no host")
        if parts.query or parts.fragment:
            raise _refusal("must not have a query or fragment")
        if port == 0:
            raise _refusal("must not name port 0")
        path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
        return cls(
            host=parts.hostname,
            port=port or _DEFAULT_PORTS[parts.scheme],
            base_path=path,
            tls=parts.scheme == "https",
            tls_verify=tls_verify,
        )

    @property
    def authority(self) -> str:
        """Value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"

    def path(self, name: str) -> str:
        """Return the path of an API method, for example "/v1/models" for "models"."""
        return f"{self.base_path}/v1/{name}"


def _refusal(reason: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_FORMAT", f"server_url {reason}", field="server_url")
