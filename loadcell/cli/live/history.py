"""What a watcher has seen of a run so far: the last update, and what the updates before it said of rates. Pure."""

from collections import deque
from collections.abc import Sequence

from loadcell.v1 import run_pb2

MOST_RATES = 500  # bars of a terminal as wide as they come
BAR_SECONDS = 0.5
AGENT_SPAN_SECONDS = 5.0
MOST_SAID = 100


class RunHistory:
    """The updates of a run, in bounded memory. Every `now` is in seconds on one monotonic clock of the caller.

    Attributes:
        update: The last one.
        said: Sentences to the reader, in order.
    """

    def __init__(self) -> None:
        self.update = run_pb2.WatchRunResponse()
        self.said: deque[str] = deque(maxlen=MOST_SAID)
        self._rates: deque[float] = deque(maxlen=MOST_RATES)
        self._level = -1
        self._bar_at = float("-inf")
        self._ended: dict[str, deque[tuple[float, int]]] = {}

    @property
    def present(self) -> run_pb2.LevelProgress | None:
        """The level that is going on or was the last to go on; None before the first."""
        return self.update.levels[-1] if self.update.levels else None

    @property
    def rates(self) -> Sequence[float]:
        """Requests per second of the present level, a value for every half a second."""
        return list(self._rates)

    def take(self, update: run_pb2.WatchRunResponse, now: float) -> None:
        """Take the next update."""
        self.update = update
        level = self.present
        if level is None:
            return
        if level.index != self._level:
            self._level = level.index
            self._rates.clear()
            self._ended.clear()
            self._bar_at = float("-inf")
        if now - self._bar_at >= BAR_SECONDS and not level.finished:
            self._bar_at = now
            self._rates.append(level.request_rate)
        self._take_agents(now)

    def agent_rate(self, agent_id: str) -> float | None:
        """Return the requests per second that an agent has ended lately, None while nothing can be said."""
        words = self._ended.get(agent_id)
        if not words or words[-1][0] <= words[0][0]:
            return None
        (first_at, first), (last_at, last) = words[0], words[-1]
        return max(0, last - first) / (last_at - first_at)

    def _take_agents(self, now: float) -> None:
        told = {agent.agent_id: agent.ended for agent in self.update.agents}
        for gone in self._ended.keys() - told.keys():
            del self._ended[gone]
        for agent_id, ended in told.items():
            words = self._ended.setdefault(agent_id, deque())
            words.append((now, ended))
            while len(words) > 2 and words[1][0] <= now - AGENT_SPAN_SECONDS:
                words.popleft()
