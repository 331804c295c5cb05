"""Holds the figures of runs against gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controller.query.figures import Figure
from controller.query.pairs import Pair
from loadcell.errors import LoadcellError
from loadcell.stats.gates import Gate, check_gate, parse_gate
from loadcell.v1 import run_pb2

MAX_GATES = 50
MAX_OUTCOMES = 20_000


def read_gates(texts: Sequence[str]) -> dict[str, Gate]:
    """Return the gates that are written, each once, by how they are written.

    Raises:
        LoadcellError: LIMIT_EXCEEDED or INVALID_FIELD_VALUE.
    """
    if len(texts) > MAX_GATES:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"{len(texts)} gates are given, at most {MAX_GATES} can be", field="gates"
        )
    try:
        return {text: parse_gate(text) for text in texts}
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", str(error), field="gates") from error


def outcomes(
    gates: Mapping[str, Gate], pairs: Sequence[Pair], run_ids: Sequence[str]
) -> Iterator[run_pb2.GateOutcome]:
    """Yield what comes of each gate for each run and each level it has in common with the first.

    `run_ids` are the runs without the first; of those that have no level in common with it no gate is passed.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are more than 20,000.
    """
    if len(gates) * len(pairs) > MAX_OUTCOMES:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"{len(gates)} gates for {len(pairs):,} levels are more than {MAX_OUTCOMES:,} outcomes; give fewer",
            field="gates",
        )
    for text, gate in gates.items():
        for run_id in run_ids:
            found = [_outcome(text, gate, pair) for pair in pairs if pair.run_id == run_id]
            yield from found or [_nothing_in_common(text, run_id)]


def _outcome(text: str, gate: Gate, pair: Pair) -> run_pb2.GateOutcome:
    figure = Figure(gate.metric, gate.statistic or "")
    found = check_gate(gate, figure.value(pair.base), figure.value(pair.level))
    return run_pb2.GateOutcome(
        gate=text,
        run_id=pair.run_id,
        level=pair.key,
        passed=found.passed,
        base_value=found.base,
        value=found.current,
        limit=found.limit,
        change=found.change,
        change_percent=found.change_percent,
        sentence=found.sentence,
    )


def _nothing_in_common(text: str, run_id: str) -> run_pb2.GateOutcome:
    sentence = f"{text}: missed, the run has no level in common with the base"
    return run_pb2.GateOutcome(gate=text, run_id=run_id, passed=False, sentence=sentence)
