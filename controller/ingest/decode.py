"""From the bytes of a batch to arrays, with every length and range checked: they came over the network."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from google.protobuf.message import DecodeError

from controller.keeping import Keeping
from controller.store.origins import Origin
from controller.store.samples import BatchRows
from controller.store.schema import INTEGER_COLUMNS
from controller.store.sums import BatchSums, pack_fold
from loadcell.sketches import from_message
from loadcell.stats.columns import ERROR, OK, Ints, Mask, SampleArrays
from loadcell.stats.fold import fold
from loadcell.stats.pricing import PriceList, cost_nano
from loadcell.stats.rollup import roll_up
from loadcell.v1 import sample_pb2

MAX_ROWS = 10_000
MAX_BYTES = 4 * 1024 * 1024
MAX_MESSAGE = 512  # characters of an error message
MAX_FINISH_REASON = 64  # characters
MAX_TEXT = 16_384  # characters of a prompt or a completion
MAX_SKETCHES = 32
_DAY_MICROS = 86_400 * 1_000_000

_MICROS = (-1, 10**15)
_OFFSET = (-(10**15), 10**15)  # warm-up requests lie before the start of the level
_COUNT = (-1, 2**31 - 1)
_FLAG = (0, 1)
_ENUM = (0, 2**31 - 1)

# name -> (default, smallest, largest); None: the column must be there.
_COLUMNS: dict[str, tuple[int | None, tuple[int, int]]] = {
    "ordinal": (None, (0, 10**15)),
    "warmup": (0, _FLAG),
    "scheduled_offset_micros": (None, _OFFSET),
    "start_offset_micros": (None, _OFFSET),
    "dns_micros": (-1, _MICROS),
    "connect_micros": (-1, _MICROS),
    "tls_micros": (-1, _MICROS),
    "ttft_micros": (-1, _MICROS),
    "ttfot_micros": (-1, _MICROS),
    "e2e_micros": (-1, _MICROS),
    "prompt_tokens": (-1, _COUNT),
    "completion_tokens": (-1, _COUNT),
    "reasoning_tokens": (-1, _COUNT),
    "cached_tokens": (-1, _COUNT),
    "first_event_tokens": (-1, _COUNT),
    "event_count": (0, _COUNT),
    # A newer agent may know more values; they are stored as they are and shown as unknown.
    "token_source": (0, _ENUM),
    "status": (None, (1, _ENUM[1])),
    "error_class": (0, _ENUM),
    "http_status": (0, (0, 999)),
    "client_delay_micros": (0, _MICROS),
    "stall_count": (0, _COUNT),
    "longest_stall_micros": (0, _MICROS),
    "reused": (0, _FLAG),
    "coalesced_reads": (0, _COUNT),
    "read_count": (0, _COUNT),
    "requested_tokens": (0, _COUNT),
    "finish_reason": (-1, _COUNT),
}
_LOW = np.array([low for _, (low, _) in _COLUMNS.values()], np.int64)
_HIGH = np.array([high for _, (_, high) in _COLUMNS.values()], np.int64)


class CorruptBatchError(ValueError):
    """A batch cannot be taken; the text says why, the reason is that of `StreamSamplesResponse`."""

    reason = "CORRUPT_BATCH"


class BatchTooLargeError(CorruptBatchError):
    """A batch has more bytes than one may have."""

    reason = "BATCH_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Batch:
    """A checked batch. `arrays.agent` and `arrays.lease` are 0 throughout: the batch does not know who sent it."""

    arrays: SampleArrays
    finish_reasons: list[str]
    errors: list[tuple[int, str]]
    timelines: list[bytes]
    texts: list[tuple[str, str]]
    sketches: list[sample_pb2.Sketch]
    notes: list[str]  # what was left out

    def where(self, kept: Mask) -> Batch:
        """Return the batch with some of its rows; its sketches stay those of all."""
        places = np.flatnonzero(kept).tolist()
        new = {old: place for place, old in enumerate(places)}
        return replace(
            self,
            arrays=self.arrays.where(kept),
            errors=[(new[row], message) for row, message in self.errors if row in new],
            timelines=[self.timelines[place] for place in places] if self.timelines else [],
            texts=[self.texts[place] for place in places] if self.texts else [],
        )


def decode(columns: bytes, crc32: int) -> Batch:
    """Check and decode a serialized SampleColumns message. Without a byte it is one that its agent has lost.

    Raises:
        BatchTooLargeError: It has more than 4 MiB.
        CorruptBatchError: The checksum, a length or a value is wrong.
    """
    if len(columns) > MAX_BYTES:
        raise BatchTooLargeError(f"{len(columns):,} bytes, at most {MAX_BYTES:,}")
    if zlib.crc32(columns) != crc32:
        raise CorruptBatchError("the checksum does not match the bytes")
    try:
        message = sample_pb2.SampleColumns.FromString(columns)
    except DecodeError as error:
        raise CorruptBatchError(f"not a SampleColumns message: {error}") from error
    count = message.row_count
    if not columns:
        return _lost()
    if not 1 <= count <= MAX_ROWS:
        raise CorruptBatchError(f"row_count must be from 1 to {MAX_ROWS:,}, not {count}")
    numbers = _numbers(message, count)
    finish_reasons = [_text(reason, MAX_FINISH_REASON) for reason in message.finish_reasons]
    if numbers["finish_reason"].max() >= len(finish_reasons):
        raise CorruptBatchError("finish_reason points outside finish_reasons")
    for name in ("timelines", "input_texts", "output_texts"):
        if len(getattr(message, name)) not in (0, count):
            raise CorruptBatchError(f"{len(getattr(message, name))} {name} for {count} rows")
    sketches, notes = _sketches(message)
    return Batch(
        arrays=SampleArrays(
            agent=np.zeros(count, np.int64),
            lease=np.zeros(count, np.int64),
            tpot_micros=_tpot(message, count),
            **numbers,
        ),
        finish_reasons=finish_reasons,
        errors=_errors(message, count),
        timelines=list(message.timelines),
        texts=_texts(message),
        sketches=sketches,
        notes=notes,
    )


def _lost() -> Batch:
    """Return the batch that is stored in the place of a lost one, so that its lease has no gap."""
    none = dict.fromkeys(_COLUMNS, np.zeros(0, np.int64))
    arrays = SampleArrays(agent=none["ordinal"], lease=none["ordinal"], tpot_micros=np.zeros(0), **none)
    note = "samples are missing: a batch was damaged, or lost with the agent's process, before it was delivered"
    return Batch(arrays, finish_reasons=[], errors=[], timelines=[], texts=[], sketches=[], notes=[note])


def _numbers(message: sample_pb2.SampleColumns, count: int) -> dict[str, Ints]:
    matrix = np.empty((len(_COLUMNS), count), np.int64)
    for row, (name, (default, _)) in zip(matrix, _COLUMNS.items(), strict=True):
        values = getattr(message, name)
        if len(values) == count:
            row[:] = values
        elif values or default is None:
            raise CorruptBatchError(f"{name} has {len(values)} entries for {count} rows")
        else:
            row[:] = default
    wrong = (matrix.min(axis=1) < _LOW) | (matrix.max(axis=1) > _HIGH)
    if wrong.any():
        raise CorruptBatchError(f"{list(_COLUMNS)[int(wrong.argmax())]} has a value out of range")
    return dict(zip(_COLUMNS, matrix, strict=True))


def _tpot(message: sample_pb2.SampleColumns, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if not message.tpot_micros:
        return np.full(count, -1.0)
    tpot = np.array(message.tpot_micros, np.float64)
    if len(tpot) != count:
        raise CorruptBatchError(f"tpot_micros has {len(tpot)} entries for {count} rows")
    if not np.isfinite(tpot).all() or tpot.min() < -1:
        raise CorruptBatchError("tpot_micros has a value out of range")
    return tpot


def _errors(message: sample_pb2.SampleColumns, count: int) -> list[tuple[int, str]]:
    errors = {error.row: _text(error.message, MAX_MESSAGE) for error in message.errors}
    if errors and not 0 <= min(errors) <= max(errors) < count:
        raise CorruptBatchError("an error message belongs to no row")
    return list(errors.items())


def _texts(message: sample_pb2.SampleColumns) -> list[tuple[str, str]]:
    """Return prompt and completion of each row; empty when the batch has none."""
    pairs = zip_longest(message.input_texts, message.output_texts, fillvalue="")
    return [(_text(prompt, MAX_TEXT), _text(completion, MAX_TEXT)) for prompt, completion in pairs]


def _text(text: str, characters: int) -> str:
    """Return what is stored of a text: not too much, and no NUL, which PostgreSQL does not take."""
    return text[:characters].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _sketches(message: sample_pb2.SampleColumns) -> tuple[list[sample_pb2.Sketch], list[str]]:
    """Return the sketches that can be used and, for the others, why not: they must not cost the rows."""
    usable, notes = [], []
    for sketch in message.sketches[:MAX_SKETCHES]:
        try:
            from_message(sketch)
        except ValueError as error:
            notes.append(f"{str(error)[:MAX_MESSAGE]}: its values are left out")
        else:
            usable.append(sketch)
    if len(message.sketches) > MAX_SKETCHES:
        notes.append(f"a batch had {len(message.sketches)} sketches: only {MAX_SKETCHES} are used")
    return usable, list(dict.fromkeys(notes))


def rows(
    batch: Batch,
    origin: Origin,
    prices: PriceList,
    failures: Counter[int] | None = None,
    /,
    *,
    run_key: int,
    level: int,
    lease_key: int,
    batch_number: int,
) -> BatchRows:
    """Return the batch as rows of the tables and as what it adds to the rollups.

    Where not all requests are kept, `failures` counts those kept of the lease by class, and is added to.
    """
    arrays = batch.arrays
    ts = arrays.start_offset_micros + origin.start_micros
    prompt_cost, completion_cost = _costs(arrays, ts, origin, prices)
    rollups = roll_up(arrays, ts, origin.context_key, prompt_cost, completion_cost)
    sums = None
    if origin.keeping is not None:
        kept = origin.keeping.kept(arrays, level, Counter() if failures is None else failures)
        sums = _add_up(batch, origin.keeping, kept, run_key, level)
        batch = batch.where(kept)
        arrays, ts, prompt_cost, completion_cost = batch.arrays, ts[kept], prompt_cost[kept], completion_cost[kept]
    count = len(arrays)
    ordinals, warmups = arrays.ordinal.tolist(), arrays.warmup.tolist()
    keys = [(run_key, level, w, o, lease_key) for w, o in zip(warmups, ordinals, strict=True)]
    reasons: list[str | None] = [*batch.finish_reasons, None]  # index -1 is the last
    traces = zip(
        [run_key] * count,
        [level] * count,
        warmups,
        ordinals,
        [lease_key] * count,
        *(getattr(arrays, name).tolist() for name in INTEGER_COLUMNS),
        arrays.tpot_micros.tolist(),
        [reasons[index] for index in arrays.finish_reason.tolist()],
        ts.tolist(),
        [origin.context_key] * count,
        prompt_cost.tolist(),
        completion_cost.tolist(),
        strict=True,
    )
    classes = arrays.error_class
    return BatchRows(
        lease_key=lease_key,
        batch_number=batch_number,
        traces=list(traces),
        timelines=[(*key, timeline) for key, timeline in zip(keys, batch.timelines, strict=False) if timeline],
        errors=[(*keys[row], int(classes[row]), message) for row, message in batch.errors],
        sketches=sample_pb2.SampleColumns(sketches=batch.sketches).SerializeToString(),
        texts=[
            (start, (*key, *texts))
            for start, key, texts in zip(ts.tolist(), keys, batch.texts, strict=False)
            if any(texts)
        ],
        rollups=rollups,
        sums=sums,
    )


def _add_up(batch: Batch, keeping: Keeping, kept: Mask, run_key: int, level: int) -> BatchSums:
    """Return what the measured requests add up to that ended OK or with an ERROR; the others are all kept."""
    arrays = batch.arrays
    folded = arrays.where((arrays.warmup == 0) & ((arrays.status == OK) | (arrays.status == ERROR)))
    return BatchSums(
        run_key=run_key,
        level=level,
        row_count=len(arrays),
        kept_count=int(kept.sum()),
        ordinals=np.sort(folded.ordinal),
        sums=pack_fold(fold(folded, batch.finish_reasons, keeping.objectives)),
    )


def _costs(arrays: SampleArrays, ts: Ints, origin: Origin, prices: PriceList) -> tuple[Ints, Ints]:
    """Return what the prompts and the completions cost (nano-USD) that began at these times."""
    prompt, completion = np.empty(len(arrays), np.int64), np.empty(len(arrays), np.int64)
    days = ts // _DAY_MICROS
    for day in np.unique(days).tolist():
        price, mine = origin.price_on(prices, day), days == day
        prompt[mine] = cost_nano(arrays.prompt_tokens[mine], price.prompt_nano if price else None)
        completion[mine] = cost_nano(arrays.completion_tokens[mine], price.completion_nano if price else None)
    return prompt, completion
