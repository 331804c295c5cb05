"""Where the settings say that files are kept."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from controller.exports.places import Folder, Place
from loadcell.settings import Secret, SettingsError


@dataclass(frozen=True, slots=True)
class BucketName:
    """A bucket, and what the names of all objects in it begin with."""

    bucket: str
    prefix: str


def parse_store(value: str) -> Path | BucketName:
    """Parse a folder or s3://bucket/prefix.

    Raises:
        ValueError: It is neither.
    """
    if "://" not in value:
        return Path(value).expanduser()
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc or parts.query or "@" in parts.netloc:
        raise ValueError("must be a folder or s3://bucket/prefix; keys have settings of their own")
    return BucketName(parts.netloc, parts.path.strip("/"))


def open_place(store: Path | BucketName, *, endpoint: str, region: str, key_id: str, secret: Secret) -> Place:
    """Return the place that files are kept in.

    Raises:
        SettingsError: It is a bucket, and the controller was installed without the extra for it.
    """
    if isinstance(store, Path):
        return Folder(store)
    if find_spec("obstore") is None:
        raise SettingsError(
            f"LOADCELL_EXPORT_STORE=s3://{store.bucket}: needs another package: pip install 'loadcell[s3]'"
        )
    # Only there with its extra.
    from controller.exports.bucket import Bucket, BucketAddress  # noqa: PLC0415

    return Bucket(BucketAddress(store.bucket, store.prefix, endpoint, region, key_id, secret))
