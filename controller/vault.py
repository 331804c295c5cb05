"""Secrets of targets at rest: encrypted under LOADCELL_SECRET_KEY, or not stored at all."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import structlog

from controller.target import TargetSecrets
from loadcell.settings import Secret
from loadcell.v1 import target_pb2

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

log = structlog.get_logger()

KEY_BYTES = 32
_NONCE_BYTES = 12  # random, as 2^32 runs under one key allow (NIST SP 800-38D, 8.3)


def secret_key(value: str) -> Secret:
    """Parse a key: 32 bytes in base64.

    Raises:
        ValueError: It is something else; the text does not show it.
    """
    try:
        length = len(base64.b64decode(value.strip(), validate=True))
    except ValueError:
        length = 0
    if length != KEY_BYTES:
        raise ValueError("must be 32 random bytes in base64, such as `openssl rand -base64 32` prints")
    return Secret(value.strip())


class Vault:
    """Seals what a target must be told for the database, and opens it in whichever process goes on with the run.

    Args:
        key: As `secret_key` returns it; empty: nothing is stored.
    """

    def __init__(self, key: Secret) -> None:
        self._cipher = _cipher(key) if key else None

    @property
    def seals(self) -> bool:
        """Whether secrets are stored."""
        return self._cipher is not None

    def seal(self, run_id: str, secrets: TargetSecrets) -> bytes | None:
        """Return the secrets of a run encrypted with AES-256-GCM, None when they are not to be stored."""
        if self._cipher is None or not secrets:
            return None
        text = target_pb2.TargetSpec(api_key=secrets.api_key, headers=secrets.headers).SerializeToString()
        nonce = os.urandom(_NONCE_BYTES)
        # Bound to its run: in the row of another one it does not open.
        return nonce + self._cipher.encrypt(nonce, text, run_id.encode())

    def open(self, run_id: str, sealed: bytes | None) -> TargetSecrets | None:
        """Return the secrets of a run, None when they were not stored or the key is another than theirs."""
        if self._cipher is None or sealed is None:
            return None
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as below

        nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            spec = target_pb2.TargetSpec.FromString(self._cipher.decrypt(nonce, encrypted, run_id.encode()))
        except (InvalidTag, ValueError):
            log.warning(
                "target_secrets_not_opened", run_id=run_id, cause="LOADCELL_SECRET_KEY is another one here"
            )
            return None
        return TargetSecrets(spec.api_key, dict(spec.headers))


def _cipher(key: Secret) -> AESGCM:
    # Most controllers have no key, and `loadcell run` starts one every time.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(base64.b64decode(key.reveal()))
