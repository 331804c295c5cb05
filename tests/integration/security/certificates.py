"""Authorities and certificates of tests, as PEM files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from loadcell.tls import ClientTls


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates and writes them below a directory."""

    def __init__(self, directory: Path, name: str) -> None:
        self._authority = trustme.CA(organization_name=name)
        self._directory = directory / name
        self._directory.mkdir()
        self.file = self._directory / "ca.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def pair(self, name: str, *identities: str, days: float = 1.0, into: Pair | None = None) -> Pair:
        """Write a certificate for names that is valid for `days` from yesterday on; below 0: it has expired."""
        now = datetime.now(UTC)
        issued = self._authority.issue_cert(
            *(identities or ("127.0.0.1", "localhost")),
            not_before=now - timedelta(days=30),
            not_after=now + timedelta(days=days),
        )
        pair = into or Pair(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        issued.private_key_pem.write_to_path(pair.key)
        pair.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        return pair

    def trusted(self, own: Pair | None = None) -> ClientTls:
        """Return the settings of a client that trusts this authority and may have a certificate of its own."""
        return ClientTls(self.file, own and own.cert, own and own.key)


def serving(pair: Pair, client_ca: Path | None = None) -> dict[str, Path | None]:
    """Return the settings of a controller that shows a certificate."""
    return {"tls_cert": pair.cert, "tls_key": pair.key, "tls_client_ca": client_ca}
