"""A bucket of S3 or of a store that speaks as S3 does. Needs the extra `s3`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from controller.exports.places import PIECE_BYTES, FileGoneError
from loadcell.settings import Secret

_RETRIES = 5
_TIMEOUT = timedelta(seconds=30)
_MAX_TEXT = 500  # characters


class BucketAddress(NamedTuple):
    """Where a bucket is; empty texts: what the environment of AWS says (AWS_REGION, AWS_ACCESS_KEY_ID, ...)."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    key_id: str
    secret: Secret


class Bucket:
    """Keeps files under a prefix of a bucket."""

    def __init__(self, address: BucketAddress) -> None:
        self._address = address
        config: dict[str, Any] = {}
        if address.endpoint:
            config |= {"endpoint": address.endpoint, "virtual_hosted_style_request": False}
        if address.key_id:
            config |= {"access_key_id": address.key_id, "secret_access_key": address.secret.reveal()}
        if address.region or address.endpoint:
            config["region"] = address.region or "us-east-1"
        self._store = S3Store(
            address.bucket,
            prefix=address.prefix or None,
            config=cast("Any", config),
            client_options={"timeout": _TIMEOUT, "allow_http": address.endpoint.startswith("http://")},
            # A store that takes calls and does not answer is asked once: a controller that stops waits for it.
            retry_config={"max_retries": _RETRIES, "retry_timeout": _TIMEOUT},
        )

    def put(self, part: Path, name: str) -> None:
        """Copy a finished file: in several parts if it is large, which become one object at the end."""
        with _as_os_error():
            obstore.put(self._store, name, part)
        part.unlink()

    def read(self, name: str, first: int, length: int) -> Iterator[bytes]:
        """Yield a part of an object, each piece by a request of its own."""
        for start in range(first, first + length, PIECE_BYTES):
            with _as_os_error():
                try:
                    piece = obstore.get_range(
                        self._store, name, start=start, length=min(PIECE_BYTES, first + length - start)
                    )
                except FileNotFoundError as error:
                    raise FileGoneError from error
            yield bytes(piece)

    def delete(self, name: str) -> None:
        """Remove an object."""
        with _as_os_error(), suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def names(self) -> list[str]:
        """Return the names of all objects under the prefix."""
        with _as_os_error():
            return sorted(meta["path"] for page in obstore.list(self._store) for meta in page)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Let failures of the store be what failures of a disk are; their texts have no keys in them."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        # It goes on about its insides on the lines below.
        raise OSError(f"the store answers: {str(error).partition(chr(10))[0][:_MAX_TEXT]}") from error
