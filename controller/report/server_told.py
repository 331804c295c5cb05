"""What a server has counted between two looks at its page of metrics. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.server_metrics import ENGINES, MODEL_LABEL, STARTED, Engine
from loadcell.v1 import agent_pb2

_NOT_SERVED = frozenset({"abort", "error"})  # ends of requests that are no successes
_SHOWN_MODELS = 5

Key = tuple[str, frozenset[tuple[str, str]]]
Counted = dict[Key, float]


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """What the server did for the model of a run; None: it does not say."""

    requests: float
    output_tokens: float | None
    ttft_ms: float | None


class NotComparableError(Exception):
    """Why what a server says cannot be held against a run, in one sentence."""


def server_figures(before: agent_pb2.ScrapeResult, after: agent_pb2.ScrapeResult, model: str) -> ServerFigures:
    """Return what was counted from one look to the next, over all engines and label sets of the model.

    Raises:
        NotComparableError: There are no counters we know, none of the model, or they began anew in between.
    """
    earlier, later = _counted(before), _counted(after)
    engine = _engine(later)
    _check_restart(earlier, later)
    mine = [key for key in {**earlier, **later} if key[0] in engine.names]
    grown = {key: _growth(key, earlier, later) for key in _of_model(mine, model)}
    served = [
        delta
        for (name, labels), delta in grown.items()
        if name == engine.requests and dict(labels).get(engine.end_label) not in _NOT_SERVED
    ]
    return ServerFigures(
        requests=sum(served),
        output_tokens=_total(grown, engine.output_tokens),
        ttft_ms=_mean_ms(_total(grown, engine.ttft_sum), _total(grown, engine.ttft_count)),
    )


def _counted(page: agent_pb2.ScrapeResult) -> Counted:
    return {(one.name, frozenset(one.labels.items())): one.value for one in page.series}


def _engine(later: Counted) -> Engine:
    """Return the server whose request counter is there."""
    names = {name for name, _ in later}
    for engine in ENGINES:
        if engine.requests in names:
            return engine
    known = " or ".join(dict.fromkeys(engine.title for engine in ENGINES))
    raise NotComparableError(f"the server's page of metrics does not count requests as {known} do")


def _check_restart(earlier: Counted, later: Counted) -> None:
    for (name, labels), value in earlier.items():
        if name == STARTED and later.get((name, labels), value) != value:
            raise NotComparableError(_RESTARTED)


def _growth(key: Key, earlier: Counted, later: Counted) -> float:
    """Return how much was counted; a label set that is new began with nothing."""
    growth = later.get(key, 0.0) - earlier.get(key, 0.0)
    if growth < 0:
        raise NotComparableError(_RESTARTED)
    return growth


_RESTARTED = "the server's counters began anew during the run, so what it says is not of all of it"


def _of_model(keys: list[Key], model: str) -> list[Key]:
    """Return the label sets of a model; a server of one model may call it otherwise than its clients do."""
    names = {key: dict(key[1]).get(MODEL_LABEL) for key in keys}
    told = sorted({name for name in names.values() if name is not None})
    if len(told) <= 1:
        return keys
    if model in told:
        return [key for key in keys if names[key] in {None, model}]
    raise NotComparableError(
        f"the server tells of {len(told)} models, none of them called {model}: {', '.join(told[:_SHOWN_MODELS])}"
    )


def _total(grown: Counted, name: str) -> float | None:
    found = [delta for (one, _), delta in grown.items() if one == name]
    return sum(found) if found else None


def _mean_ms(seconds: float | None, count: float | None) -> float | None:
    return None if seconds is None or not count else seconds / count * 1000
