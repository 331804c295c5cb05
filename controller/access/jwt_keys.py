"""The keys that sign and verify access tokens, each bound to one algorithm."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadcell.reloaded import Reloaded
from loadcell.settings import Secret, SettingsError

ALGORITHMS: Final = ("HS256", "RS256", "ES256")
SECRET_BYTES: Final = 32  # as long as the hash, RFC 7518 section 3.2
_SECRET_KID = "secret"  # noqa: S105 - the name of the key that is a setting
_RSA_BITS = 2048  # RFC 7518 section 3.3


@dataclass(frozen=True, slots=True)
class JwtKey:
    """A key with the one algorithm it is for, whatever a token says."""

    kid: str
    algorithm: str
    verifying: Any = field(repr=False)
    signing: Any = field(repr=False)  # None: tokens are made elsewhere


@dataclass(frozen=True, slots=True)
class JwtKeys:
    """The keys there are; the first that can sign signs."""

    keys: tuple[JwtKey, ...]

    @property
    def signer(self) -> JwtKey | None:
        """What signs new tokens."""
        return next((key for key in self.keys if key.signing is not None), None)

    def find(self, kid: str | None) -> JwtKey | None:
        """Return the key with a name; without a name the only one there is."""
        if kid is None:
            return self.keys[0] if len(self.keys) == 1 else None
        return next((key for key in self.keys if key.kid == kid), None)


def jwt_secret(value: str) -> Secret:
    """Parse the secret of HS256.

    Raises:
        ValueError: It is shorter than the hash; the text does not show it.
    """
    if value and len(value.encode()) < SECRET_BYTES:
        raise ValueError(f"must have at least {SECRET_BYTES} bytes, such as `openssl rand -base64 32` prints")
    return Secret(value)


def key_source(secret: Secret, file: Path | None) -> Callable[[], JwtKeys]:
    """Return what gives the present keys: those of a file, which is read again when it changes, then the secret.

    Raises:
        SettingsError: The file cannot be used.
    """
    own = (JwtKey(_SECRET_KID, "HS256", secret.reveal(), secret.reveal()),) if secret else ()
    if file is None:
        keys = JwtKeys(own)
        return lambda: keys
    reloaded = Reloaded([file], lambda: JwtKeys((*read_key_set(file), *own)))

    def present() -> JwtKeys:
        reloaded.renew()
        return reloaded.value

    return present


def read_key_set(file: Path) -> tuple[JwtKey, ...]:
    """Read a JSON Web Key Set (RFC 7517): every key with kid and alg.

    Raises:
        SettingsError: It cannot be read, or a key is of no use; the text shows no key.
    """
    where = f"LOADCELL_JWT_KEYS={file}"
    try:
        document = json.loads(file.read_text())
        found = document["keys"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{where}: not a JSON Web Key Set that can be read ({type(error).__name__})") from None
    if not isinstance(found, list) or not found:
        raise SettingsError(f"{where}: has no keys")
    keys = tuple(_key(entry, f"{where}: key {number}") for number, entry in enumerate(found, 1))
    if len({key.kid for key in keys} | {_SECRET_KID}) != len(keys) + 1:
        raise SettingsError(f"{where}: every key needs a kid of its own, and {_SECRET_KID!r} is taken")
    return keys


def _key(entry: Any, where: str) -> JwtKey:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not entry["kid"]:
        raise SettingsError(f"{where} has no kid")
    algorithm = entry.get("alg")
    if algorithm not in ALGORITHMS:
        raise SettingsError(f"{where} ({entry['kid']}): alg must be one of {', '.join(ALGORITHMS)}")
    import jwt  # noqa: PLC0415 - and all of cryptography with it, which only those load who have keys

    try:
        key = jwt.PyJWK(entry, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SettingsError(f"{where} ({entry['kid']}): cannot be used ({type(error).__name__})") from None
    if algorithm == "HS256":
        if len(key) < SECRET_BYTES:
            raise SettingsError(f"{where} ({entry['kid']}): must have at least {SECRET_BYTES} bytes")
        return JwtKey(entry["kid"], algorithm, key, key)
    if algorithm == "RS256" and key.key_size < _RSA_BITS:
        raise SettingsError(f"{where} ({entry['kid']}): must have at least {_RSA_BITS} bits")
    if "d" not in entry:
        return JwtKey(entry["kid"], algorithm, key, None)
    return JwtKey(entry["kid"], algorithm, key.public_key(), key)
