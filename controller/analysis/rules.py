"""The analysis by rules: a result in, findings out. Pure, and the same for the same result."""

from __future__ import annotations

from itertools import groupby

from controller.analysis.bottleneck import bottleneck
from controller.analysis.capacity import capacity
from controller.analysis.client import client
from controller.analysis.finding import Finding
from controller.analysis.level import read_levels
from controller.analysis.outcome import failures, outcome
from controller.analysis.recommended import recommended
from controller.analysis.stability import stability
from controller.analysis.sweep import sweep
from loadcell.v1 import result_pb2


def analyze(result: result_pb2.RunResult) -> list[Finding]:
    """Return what a result says."""
    levels = read_levels(result)
    found = [*outcome(result), *client(result), *failures(result, levels)]
    closing: list[Finding] = []
    for _, kind in groupby(levels, key=lambda level: level.open_loop):
        alike = list(kind)
        together = sweep(alike)
        if together is not None:
            found += [*capacity(together), *bottleneck(together)]
        closing.append(recommended(alike, together))
    return [*found, *stability(levels), *closing]
