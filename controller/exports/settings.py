"""Settings of exports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.exports.where import BucketName, parse_store
from loadcell.settings import Secret, integer, number, secret, setting, text


@dataclass(frozen=True)
class ExportSettings:
    """Where files of traces are written and for how long they are kept."""

    export_store: Path | BucketName | None = setting(
        None,
        parse=parse_store,
        names=("LOADCELL_EXPORT_STORE",),
        doc="Where the files of exports are kept: a folder or s3://bucket/prefix. Default: exports in the data"
        " directory. Controllers on several machines need one that all of them reach.",
    )
    export_s3_endpoint: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_ENDPOINT",),
        doc="URL of an S3-compatible store. Default: that of AWS.",
    )
    export_s3_region: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_REGION", "AWS_REGION"),
        doc="Region of the bucket.",
    )
    export_s3_key_id: str = setting(
        "",
        parse=text,
        names=("LOADCELL_EXPORT_S3_KEY_ID", "AWS_ACCESS_KEY_ID"),
        doc="Name of the key to the bucket.",
    )
    export_s3_secret: Secret = setting(
        Secret(""),
        parse=secret,
        names=("LOADCELL_EXPORT_S3_SECRET", "AWS_SECRET_ACCESS_KEY"),
        doc="The key to the bucket.",
    )
    export_jobs: int = setting(
        2,
        parse=integer(1, 32),
        names=("LOADCELL_EXPORT_JOBS",),
        doc="How many exports this controller writes at once.",
    )
    export_bytes: int = setting(
        4 * 2**30,
        parse=integer(2**20, 2**40),
        names=("LOADCELL_EXPORT_BYTES",),
        doc="Largest file of an export, in bytes; one that would be larger fails.",
    )
    export_days: float = setting(
        7.0,
        parse=number(0.01, 3_650.0),
        names=("LOADCELL_EXPORT_DAYS",),
        doc="For how long the file of an export is kept.",
    )
