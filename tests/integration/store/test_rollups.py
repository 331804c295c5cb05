"""Rollups are what is stored, whatever order it came in."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from sqlalchemy import select

from controller.store.rollups import add_rollups, rollup_of
from controller.store.schema_queries import rollups
from loadcell.stats.columns import SampleArrays
from loadcell.stats.packed import merge_groups
from loadcell.stats.rollup import DAY, HOUR, MINUTE, roll_up

START = 1_700_000_000_000_000


def samples(count: int, seed: int) -> tuple[SampleArrays, np.ndarray]:
    rng = np.random.default_rng(seed)
    zeros = np.zeros(count, np.int64)
    columns = dict.fromkeys(SampleArrays.__dataclass_fields__, zeros)
    columns |= {
        "tpot_micros": np.zeros(count),
        "status": rng.integers(1, 5, count),
        "error_class": rng.integers(1, 4, count),
        "e2e_micros": rng.integers(1, 5_000_000, count),
        "ttft_micros": rng.integers(-1, 500_000, count),
        "prompt_tokens": rng.integers(-1, 3, count),
        "completion_tokens": rng.integers(-1, 500, count),
    }
    return SampleArrays(**columns), START + rng.integers(0, 2 * DAY * 1_000_000, count)


@pytest.mark.parametrize("together", [1, 3, 10])
async def test_what_two_controllers_add_is_what_all_requests_give(open_one, together):
    one, other = await open_one(), await open_one()
    parts = [samples(300, seed) for seed in range(20)]
    found = [
        roll_up(s, ts, 1 + seed % 2, s.prompt_tokens, s.completion_tokens) for seed, (s, ts) in enumerate(parts)
    ]

    async def add(database, shares) -> None:
        for first in range(0, len(shares), together):
            some = [rollup for share in shares[first : first + together] for rollup in share]
            await database.write(lambda c, some=some: add_rollups(c, some))

    await asyncio.gather(add(one, found[:10]), add(other, found[10:]))
    stored = [rollup_of(row) for row in await one.read(lambda c: c.execute(select(rollups)).all())]
    for grain in (MINUTE, HOUR, DAY):
        for context in (1, 2):
            mine = [r for r in stored if (r.grain, r.context_key) == (grain, context)]
            everything = SampleArrays.concatenate(
                [s for seed, (s, _) in enumerate(parts) if 1 + seed % 2 == context]
            )
            times = np.concatenate([ts for seed, (_, ts) in enumerate(parts) if 1 + seed % 2 == context])
            ended = everything.status <= 2
            ok = everything.where(everything.status == 1)
            buckets, counts = np.unique(times[ended] // (grain * 1_000_000), return_counts=True)
            assert {r.bucket: r.ok_count + r.error_count for r in mine} == dict(zip(buckets, counts, strict=True))
            assert sum(r.ok_count for r in mine) == len(ok)
            assert sum(r.duration_sum for r in mine) == ok.e2e_micros.sum()
            assert max(r.duration_max for r in mine) == ok.e2e_micros.max()
            assert min(r.duration_min for r in mine if r.duration_min >= 0) == ok.e2e_micros.min()
            assert sum(r.ttft_count for r in mine) == (ok.ttft_micros >= 0).sum()
            tokens = everything.where(ended).completion_tokens
            assert sum(r.completion_tokens for r in mine) == np.maximum(tokens, 0).sum()
            classes = sum((r.error_classes for r in mine), start=type(mine[0].error_classes)())
            failed = everything.where(everything.status == 2).error_class
            assert classes == dict(zip(*np.unique(failed, return_counts=True), strict=True))
            merged = merge_groups([r.durations for r in mine], np.zeros(len(mine), int), 1)
            for q in (0.5, 0.99):
                exact = np.sort(ok.e2e_micros)[int(np.ceil(q * len(ok))) - 1]
                assert merged.quantiles(q)[0, 0] == pytest.approx(exact, rel=0.005)
