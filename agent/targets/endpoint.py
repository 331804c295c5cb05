"""Where the target is."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.errors import LoadcellError
from loadcell.target_url import DEFAULT_PORTS, parse_target_url


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
            LoadcellError: INVALID_FIELD_VALUE, field server_url; the message never repeats credentials.
        """
        try:
            parts = parse_target_url(server_url)
        except ValueError as error:
            raise LoadcellError("INVALID_FIELD_VALUE", f"server_url {error}", field="server_url") from error
        return cls(
            host=parts.host,
            port=parts.port,
            base_path=parts.path.rstrip("/").removesuffix("/v1").rstrip("/"),
            tls=parts.scheme == "https",
            tls_verify=tls_verify,
        )

    @property
    def authority(self) -> str:
        """Value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"

    def path(self, name: str) -> str:
        """Return the path of an API method, for example "/v1/models" for "models"."""
        return f"{self.base_path}/v1/{name}"
