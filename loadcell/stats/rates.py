"""Rates: events that fall in the measured window, over its length.

Every function returns None when the window has no length.
"""

from __future__ import annotations

import numpy as np

from loadcell.stats.columns import OK, Floats, Ints, Mask, SampleArrays, is_counted
from loadcell.stats.quantiles import median
from loadcell.stats.window import MeasuredWindow, end_offsets

MICROS_PER_SECOND = 1e6


def start_rate(offsets_micros: Ints, window: MeasuredWindow) -> float | None:
    """Return starts per second in [start, end).

    Half open, because n starts at equal gaps span n - 1 gaps: counting the one that ends the window would make
    the rate of few requests too high.
    """
    inside = (offsets_micros >= window.start_micros) & (offsets_micros < window.end_micros)
    return _per_second(float(inside.sum()), window)


def completion_rate(rows: SampleArrays, which: Mask, window: MeasuredWindow) -> float | None:
    """Return completions per second in [start, end] of the rows chosen by `which`."""
    return _per_second(float((_inside(end_offsets(rows), window) & which).sum()), window)


def output_token_rate(rows: SampleArrays, window: MeasuredWindow) -> float | None:
    """Return output tokens of successful requests per second.

    The tokens of a request are spread evenly between its first and its last token and cut at the ends of the
    window; tokens that all came at one moment count when that moment is inside. None when nobody has counted.
    """
    if not is_counted(rows.completion_tokens[rows.status == OK]):
        return None
    which = (rows.status == OK) & (rows.completion_tokens > 0)
    starts, tokens = rows.start_offset_micros[which], rows.completion_tokens[which]
    last = starts + rows.e2e_micros[which]
    first = _first_token(rows, which)
    overlap = np.minimum(last, window.end_micros) - np.maximum(first, window.start_micros)
    length = last - first
    share = np.where(
        length > 0,
        np.clip(overlap, 0, None) / np.maximum(length, 1),
        _inside(last, window),
    )
    return _per_second(float(share @ tokens), window)


def input_token_rate(rows: SampleArrays, window: MeasuredWindow) -> float | None:
    """Return prompt tokens of successful requests per second, counted when the first token arrives.

    None when nobody has counted.
    """
    if not is_counted(rows.prompt_tokens[rows.status == OK]):
        return None
    which = (rows.status == OK) & (rows.prompt_tokens > 0)
    arrived = _inside(_first_token(rows, which), window)
    return _per_second(float(rows.prompt_tokens[which][arrived].sum()), window)


def per_user_token_rate(tpot_micros: Floats) -> float | None:
    """Return the median over requests of 1/tpot: the tokens per second one user sees.

    Requests whose tokens all came at once have no such rate and are left out.
    """
    paced = tpot_micros[tpot_micros > 0]
    return median(MICROS_PER_SECOND / paced)


def _first_token(rows: SampleArrays, which: Mask) -> Ints:
    """When the first token came; a response that was not streamed comes at its end."""
    ttft, e2e = rows.ttft_micros[which], rows.e2e_micros[which]
    first: Ints = rows.start_offset_micros[which] + np.where(ttft >= 0, ttft, e2e)
    return first


def _inside(offsets: Ints, window: MeasuredWindow) -> Mask:
    inside: Mask = (offsets >= window.start_micros) & (offsets <= window.end_micros)
    return inside


def _per_second(events: float, window: MeasuredWindow) -> float | None:
    return events / window.seconds if window.seconds > 0 else None
