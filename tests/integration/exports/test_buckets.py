"""Files of exports in an S3-compatible store."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from controller.exports import places
from controller.exports.bucket import Bucket, BucketAddress
from controller.exports.places import FileGoneError
from controller.exports.where import BucketName, open_place, parse_store
from loadcell.settings import Secret
from loadcell.v1 import export_pb2, export_pb2_grpc
from tests.integration.exports.watched_jobs import names, until


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # half a second, for every process that looks for tests

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def address(endpoint: str, request: pytest.FixtureRequest) -> BucketAddress:
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    with httpx.Client(trust_env=False) as client:
        assert client.put(f"{endpoint}/{name}").status_code == 200
    return BucketAddress(name, "loadcell/exports", endpoint, "us-east-1", "key", Secret("the secret"))


def test_a_file_is_put_read_in_parts_listed_and_deleted(address, tmp_path, monkeypatch):
    monkeypatch.setattr("controller.exports.bucket.PIECE_BYTES", 1_000)
    bucket = Bucket(address)
    assert bucket.names() == []
    content = bytes(range(256)) * 30
    part = tmp_path / "x.part"
    part.write_bytes(content)
    bucket.put(part, "x.csv")
    assert not part.exists()
    assert bucket.names() == ["x.csv"]
    assert b"".join(bucket.read("x.csv", 0, len(content))) == content
    pieces = list(bucket.read("x.csv", 700, 2_500))
    assert ([len(piece) for piece in pieces], b"".join(pieces)) == ([1_000, 1_000, 500], content[700:3_200])
    bucket.delete("x.csv")
    bucket.delete("x.csv")
    assert bucket.names() == []
    with pytest.raises(FileGoneError):
        list(bucket.read("x.csv", 0, 1))


def test_a_store_that_never_answers_is_asked_once(monkeypatch):
    monkeypatch.setattr("controller.exports.bucket._TIMEOUT", timedelta(seconds=0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        bucket = Bucket(BucketAddress("b", "", f"http://{host}:{port}", "us-east-1", "key", Secret("s")))
        with pytest.raises(OSError, match="the store answers"):
            bucket.names()
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_large_file_goes_in_parts(address, tmp_path):
    content = hashlib.shake_256(b"seed").digest(12 * 2**20)
    part = tmp_path / "x.part"
    part.write_bytes(content)
    bucket = Bucket(address)
    bucket.put(part, "large.parquet")
    found = hashlib.sha256()
    for piece in bucket.read("large.parquet", 0, len(content)):
        assert len(piece) <= places.PIECE_BYTES
        found.update(piece)
    assert found.digest() == hashlib.sha256(content).digest()


def test_a_bucket_that_is_not_there_fails_as_a_disk_would_and_keeps_the_file(address, tmp_path):
    part = tmp_path / "x.part"
    part.write_bytes(b"x")
    with pytest.raises(OSError, match="the store answers") as failed:
        Bucket(address._replace(bucket="nobody-has-this-one")).put(part, "x.csv")
    assert "the secret" not in str(failed.value)
    assert part.exists()


async def test_a_controller_keeps_its_exports_in_a_bucket(start, filled, address, tmp_path):
    await filled(tmp_path / "loadcell.db", 20)
    controller = await start(
        data_dir=tmp_path / "data",
        export_store=BucketName(address.bucket, address.prefix),
        export_s3_endpoint=address.endpoint,
        export_s3_key_id=address.key_id,
        export_s3_secret=address.secret,
    )
    stub = export_pb2_grpc.ExportServiceStub(controller.channel)
    job_id = (await stub.CreateExport(export_pb2.CreateExportRequest(format="csv"))).data.job_id
    job = await until(stub, job_id, "completed", "failed")
    assert (job.status, job.error_message) == ("completed", "")
    assert [name[:36] for name in Bucket(address).names()] == [job_id]
    assert names(tmp_path / "data" / "exports") == []
    request = export_pb2.DownloadExportRequest(job_id=job_id, offset=10)
    data = b"".join([piece.data async for piece in stub.DownloadExport(request)])
    assert len(data) == job.file_size_bytes - 10


def test_stores_as_they_are_written_in_settings(tmp_path):
    assert parse_store("s3://bucket/some/prefix/") == BucketName("bucket", "some/prefix")
    assert parse_store("s3://bucket") == BucketName("bucket", "")
    assert parse_store("/srv/exports") == Path("/srv/exports")
    for wrong in ("s3://", "http://bucket/x", "s3://key:secret@bucket"):
        with pytest.raises(ValueError, match="must be a folder or s3://") as refused:
            parse_store(wrong)
        assert "secret@" not in str(refused.value)
    nothing = {"endpoint": "", "region": "", "key_id": "", "secret": Secret("")}
    assert open_place(tmp_path, **nothing).names() == []
