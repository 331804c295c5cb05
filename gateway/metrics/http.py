"""The gateway's own metrics: plain numbers, which become metrics when somebody scrapes."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry

from gateway.metrics import names
from gateway.metrics.route_class import GRAPHQL, REST, route_class
from loadcell.metric_sheet import Sheet, show
from loadcell.tally import CALL_BOUNDS_SECONDS, Tally

SERVICE = "gateway"
SIZE_BOUNDS = (256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNAUTHENTICATED, _TOO_MANY = 401, 429


class HttpMetrics:
    """Counts, times and sizes of HTTP requests.

    Attributes:
        in_flight: Requests being served.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.in_flight = 0
        self._routes: dict[tuple[str, str], _Route] = {}
        self._received: dict[str, Tally] = {}
        self._sent: dict[str, Tally] = {}
        show(registry, names.HTTP_METRICS, self._fill)

    def observe(
        self,
        method: str,
        template: str,
        status: int,
        seconds: float,
        *,
        received: int | None,
        sent: int,
        request_id: str,
    ) -> None:
        """Count one request. A verb outside the known ones is "other", so that callers cannot make up series.

        Args:
            method: Its verb.
            template: Of its path.
            status: Of the response, 0 when there was none.
            seconds: From request to end of response.
            received: Bytes of its body; None: it is of a kind that has none.
            sent: Bytes of the response's.
            request_id: Its identifier, empty when it was refused before it had one.
        """
        verb = method if method in _METHODS else "other"
        route = self._routes.get((verb, template))
        if route is None:
            route = self._routes[verb, template] = _Route()
        route.statuses[status] = route.statuses.get(status, 0) + 1
        route.seconds.add(seconds, request_id)
        _of(self._sent, verb).add(sent)
        if received is not None:
            _of(self._received, verb).add(received)

    def _fill(self, sheet: Sheet) -> None:
        asked: Counter[tuple[str, int]] = Counter()
        for (verb, template), route in self._routes.items():
            for status, count in route.statuses.items():
                sheet.add(names.HTTP_REQUESTS, (SERVICE, verb, str(status), template), count)
                asked[route_class(template), status] += count
            sheet.add_tally(names.HTTP_DURATION, (SERVICE, verb, template), route.seconds)
        sheet.add(names.HTTP_IN_FLIGHT, (SERVICE,), self.in_flight)
        for name, sizes in ((names.HTTP_REQUEST_SIZE, self._received), (names.HTTP_RESPONSE_SIZE, self._sent)):
            for verb, tally in sizes.items():
                sheet.add_tally(name, (SERVICE, verb), tally)
        _fill_classes(sheet, asked)


class _Route:
    """The requests of one verb to one template."""

    __slots__ = ("seconds", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.seconds = Tally(CALL_BOUNDS_SECONDS)


def _of(tallies: dict[str, Tally], verb: str) -> Tally:
    tally = tallies.get(verb)
    if tally is None:
        tally = tallies[verb] = Tally(SIZE_BOUNDS)
    return tally


def _fill_classes(sheet: Sheet, asked: Counter[tuple[str, int]]) -> None:
    """Write down what follows from the statuses of each class of routes."""
    requests: Counter[str] = Counter({REST: 0, GRAPHQL: 0})
    for (name, _), count in asked.items():
        requests[name] += count
    sheet.add(names.REST_REQUESTS, (), requests[REST])
    sheet.add(names.GRAPHQL_QUERIES, (), requests[GRAPHQL])
    unknown = sum(count for (_, status), count in asked.items() if status == _UNAUTHENTICATED)
    sheet.add(names.AUTH_FAILURES, (), unknown)
    for name in sorted(filter(None, requests)):
        exceeded = asked[name, _TOO_MANY]
        sheet.add(names.RATE_EXCEEDED, (name,), exceeded)
        sheet.add(names.RATE_ALLOWED, (name,), requests[name] - exceeded - asked[name, _UNAUTHENTICATED])
