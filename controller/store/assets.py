"""Operations on uploaded files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from controller.store.records import AssetRecord
from controller.store.schema import asset_pieces, assets, benchmark_runs
from loadcell.v1 import result_pb2


def get_asset(connection: Connection, sha256: str) -> AssetRecord | None:
    """Return what is known of a file, None when it was not uploaded."""
    query = select(assets.c.sha256, assets.c.kind, assets.c.filename, assets.c.size_bytes)
    row = connection.execute(query.where(assets.c.sha256 == sha256)).one_or_none()
    return None if row is None else AssetRecord(*row)


def insert_asset(connection: Connection, asset: AssetRecord, pieces: Iterable[bytes], now: int) -> None:
    """Store a file; the same bytes again only count as uploaded now."""
    if get_asset(connection, asset.sha256) is not None:
        connection.execute(update(assets).where(assets.c.sha256 == asset.sha256).values(created_at=now))
        return
    connection.execute(
        insert(assets),
        {
            "sha256": asset.sha256,
            "kind": asset.kind,
            "filename": asset.filename,
            "size_bytes": asset.size_bytes,
            "created_at": now,
        },
    )
    for number, data in enumerate(pieces):
        connection.execute(insert(asset_pieces), {"sha256": asset.sha256, "piece": number, "data": data})


def read_piece(connection: Connection, sha256: str, piece: int) -> bytes | None:
    """Return a piece of a file by its number from 0, None after the last."""
    query = select(asset_pieces.c.data).where(asset_pieces.c.sha256 == sha256, asset_pieces.c.piece == piece)
    return connection.execute(query).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class UnusedAssets:
    """Files that no run refers to, as far as the run `last_run_key`; uploaded before `before`."""

    unused: set[str]
    last_run_key: int
    before: int


def find_unused_assets(connection: Connection, before: int) -> UnusedAssets:
    """Return the files uploaded before an instant that no run refers to."""
    unused = set(connection.execute(select(assets.c.sha256).where(assets.c.created_at < before)).scalars())
    last_run_key = _drop_used(connection, unused, after=0) if unused else 0
    return UnusedAssets(unused, last_run_key, before)


def delete_unused_assets(connection: Connection, found: UnusedAssets) -> int:
    """Delete files unless they have been uploaded again or a newer run uses them; return how many."""
    unused = set(found.unused)
    _drop_used(connection, unused, after=found.last_run_key)
    deleted = 0
    for sha256 in unused:
        old = select(assets.c.sha256).where(assets.c.sha256 == sha256, assets.c.created_at < found.before)
        if connection.execute(old).first() is not None:
            connection.execute(delete(asset_pieces).where(asset_pieces.c.sha256 == sha256))
            connection.execute(delete(assets).where(assets.c.sha256 == sha256))
            deleted += 1
    return deleted


def _drop_used(connection: Connection, unused: set[str], *, after: int) -> int:
    """Take out what runs with keys above `after` refer to; return the highest key."""
    query = select(benchmark_runs.c.run_key, benchmark_runs.c.config).where(benchmark_runs.c.run_key > after)
    highest = after
    for run_key, packed in connection.execute(query.order_by(benchmark_runs.c.run_key)):
        config = result_pb2.RunConfig.FromString(packed)
        unused -= {config.tokenizer_asset, config.dataset_asset}
        highest = run_key
    return highest
