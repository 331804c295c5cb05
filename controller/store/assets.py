"""Operations on uploaded files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from controller.scope import Scope
from controller.store.leases import OPEN_STATES
from controller.store.records import AssetRecord
from controller.store.schema import asset_pieces, asset_projects, assets, benchmark_runs, leases
from loadcell.v1 import result_pb2


def get_asset(connection: Connection, sha256: str, scope: Scope) -> AssetRecord | None:
    """Return what is known of a file, None when it was not uploaded for any project of a scope."""
    query = select(assets.c.sha256, assets.c.kind, assets.c.filename, assets.c.size_bytes)
    query = query.where(assets.c.sha256 == sha256)
    if scope.projects is not None:
        theirs = select(asset_projects.c.sha256).where(asset_projects.c.project_id.in_(scope.projects))
        query = query.where(assets.c.sha256.in_(theirs.where(asset_projects.c.sha256 == sha256)))
    row = connection.execute(query).one_or_none()
    return None if row is None else AssetRecord(*row)


def hold_asset(connection: Connection, sha256: str, scope: Scope) -> AssetRecord | None:
    """Return what is known of a file, which is not deleted before this transaction has ended."""
    connection.execute(select(assets.c.sha256).where(assets.c.sha256 == sha256).with_for_update(read=True))
    return get_asset(connection, sha256, scope)


def give_asset(connection: Connection, sha256: str, projects: Iterable[str]) -> None:
    """Let the callers of projects use a file."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(asset_projects).on_conflict_do_nothing()
    for project_id in sorted(projects):
        connection.execute(new, {"sha256": sha256, "project_id": project_id})


def insert_asset(
    connection: Connection, asset: AssetRecord, pieces: Iterable[bytes], now: int, *, scope: Scope
) -> None:
    """Store a file for the projects of a scope; the same bytes again count as uploaded now, and are kept once."""
    _insert(connection, asset, pieces, now)
    give_asset(connection, asset.sha256, scope.projects or ())


def _insert(connection: Connection, asset: AssetRecord, pieces: Iterable[bytes], now: int) -> None:
    again = update(assets).where(assets.c.sha256 == asset.sha256).values(created_at=now)
    if connection.execute(again.returning(assets.c.sha256)).first() is not None:
        return
    values = {
        "sha256": asset.sha256,
        "kind": asset.kind,
        "filename": asset.filename,
        "size_bytes": asset.size_bytes,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(assets), {**values, "created_at": now})
    except IntegrityError:  # it has arrived through another controller at this moment
        connection.execute(again)
        return
    for number, data in enumerate(pieces):
        connection.execute(insert(asset_pieces), {"sha256": asset.sha256, "piece": number, "data": data})


def is_used_by_agent(connection: Connection, agent_id: str, sha256: str) -> bool:
    """Whether an agent has a lease that has not ended of a run that uses a file."""
    open_leases = select(leases.c.run_key).where(leases.c.agent_id == agent_id, leases.c.state.in_(OPEN_STATES))
    configs = select(benchmark_runs.c.config).where(benchmark_runs.c.run_key.in_(open_leases))
    found = (result_pb2.RunConfig.FromString(packed) for packed in connection.execute(configs).scalars())
    return any(sha256 in (config.tokenizer_asset, config.dataset_asset) for config in found)


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
    old = select(assets.c.sha256).where(assets.c.sha256.in_(found.unused), assets.c.created_at < found.before)
    # Locked before the look at newer runs: whoever creates one holds the files it refers to.
    unused = set(connection.execute(old.with_for_update(skip_locked=True)).scalars())
    _drop_used(connection, unused, after=found.last_run_key)
    connection.execute(delete(asset_pieces).where(asset_pieces.c.sha256.in_(unused)))
    connection.execute(delete(assets).where(assets.c.sha256.in_(unused)))
    return len(unused)


def _drop_used(connection: Connection, unused: set[str], *, after: int) -> int:
    """Take out what runs with keys above `after` refer to; return the highest key."""
    query = select(benchmark_runs.c.run_key, benchmark_runs.c.config).where(benchmark_runs.c.run_key > after)
    highest = after
    for run_key, packed in connection.execute(query.order_by(benchmark_runs.c.run_key)):
        config = result_pb2.RunConfig.FromString(packed)
        unused -= {config.tokenizer_asset, config.dataset_asset}
        highest = run_key
    return highest
