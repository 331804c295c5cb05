"""The kinds of failures of a period, the most frequent first, with a message of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.query.metrics.failures import Failure
from controller.query.metrics.question import Question
from controller.query.metrics.spans import Edge
from controller.store.database import Connection
from controller.store.metrics_errors import sample_messages
from controller.store.rollup_reading import read_contexts
from loadcell.documents import enums
from loadcell.v1 import sample_pb2

MAX_KINDS = 10


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One kind: its word, how many, their share of all failures (0 to 100), and a message if one was kept."""

    name: str
    count: int
    percentage: float
    message: str | None


def error_kinds(connection: Connection, question: Question, failures: Mapping[int, Failure]) -> list[ErrorKind]:
    """Return the most frequent kinds of failures; equally frequent ones by their number."""
    if not failures:
        return []
    contexts = read_contexts(connection, question.scope, question.filters, ())
    total = sum(failure.count for failure in failures.values())
    period = question.period
    found = sorted(failures.items(), key=lambda item: (-item[1].count, item[0]))[:MAX_KINDS]
    ranges = {
        number: Edge(max(failure.start, period.start), min(failure.end, period.end)) for number, failure in found
    }
    messages = sample_messages(connection, ranges, contexts)
    return [
        ErrorKind(_word(number), failure.count, 100 * failure.count / total, messages.get(number))
        for number, failure in found
    ]


def _word(number: int) -> str:
    """Return the word of an ErrorClass; one of a newer agent is shown as its number."""
    return enums.words(sample_pb2.ErrorClass.DESCRIPTOR).get(number, str(number))
