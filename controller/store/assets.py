"""Operations on uploaded files."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from controller.store.records import AssetRecord
from controller.store.schema import asset_pieces, assets


def get_asset(connection: Connection, sha256: str) -> AssetRecord | None:
    """Return what is known of a file, None when it was not uploaded."""
    query = select(assets.c.sha256, assets.c.kind, assets.c.filename, assets.c.size_bytes)
    row = connection.execute(query.where(assets.c.sha256 == sha256)).one_or_none()
    return None if row is None else AssetRecord(*row)


def insert_asset(connection: Connection, asset: AssetRecord, pieces: Iterable[bytes], now: int) -> None:
    """Store a file; the same bytes again change nothing."""
    if get_asset(connection, asset.sha256) is not None:
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
