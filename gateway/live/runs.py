"""Who watches which run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from google.protobuf.message import Message

from gateway.live.callers import Caller
from gateway.live.closing import TOLD
from gateway.live.feed import Feed
from gateway.live.lines import Lines
from gateway.live.outbox import Outbox, Told
from gateway.live.progress import end, ended_levels, has_ended, progress, validation
from loadcell.v1 import run_pb2

_WATCH = run_pb2.DESCRIPTOR.services_by_name["RunService"].methods_by_name["WatchRun"]


class RunFeeds:
    """The runs that are watched through this gateway."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._feeds: dict[str, RunFeed] = {}

    @contextmanager
    def watch(self, run: run_pb2.Run, caller: Caller, outbox: Outbox) -> Iterator[None]:
        """Put the progress of a run, which the caller may see, into an outbox for as long as the block goes on."""
        run_id = run.run_id
        feed = self._feeds.get(run_id)
        if feed is None:
            feed = self._feeds[run_id] = RunFeed(self, run)
        feed.join(outbox, caller)
        try:
            yield
        finally:
            feed.leave(outbox)

    def counts(self) -> Iterator[tuple[str, str, int]]:
        """Yield every run that is watched, its project, and by how many."""
        for run_id, feed in self._feeds.items():
            yield run_id, feed.project_id, len(feed.watching)

    @property
    def lines(self) -> Lines:
        """What streams go through."""
        return self._lines

    def forget(self, feed: RunFeed) -> None:
        """Let who comes next begin anew."""
        if self._feeds.get(feed.run_id) is feed:
            del self._feeds[feed.run_id]


class RunFeed(Feed[Outbox]):
    """All who watch one run."""

    def __init__(self, feeds: RunFeeds, run: run_pb2.Run) -> None:
        super().__init__(feeds.lines, _WATCH, lambda: feeds.forget(self))
        self.run_id, self.project_id = run.run_id, run.project_id
        self._latest: Told | None = None
        self._steps: list[Told] = []
        self._ended: list[run_pb2.LevelProgress] = []
        self._shown = ""  # the request that was told of last

    def request(self) -> Message:
        """Return what to ask for."""
        return run_pb2.WatchRunRequest(run_id=self.run_id)

    def welcome(self, watching: Outbox) -> None:
        """Tell somebody new how the run stands."""
        for step in self._steps:
            watching.put(step)
        if self._ended:
            watching.put(ended_levels(self.run_id, self._ended, time.time()))
        if self._latest is not None:
            watching.put_state(self._latest)

    def tell(self, message: Message) -> bool:
        """Tell of an update."""
        update = cast("run_pb2.WatchRunResponse", message)
        steps = [validation(self.run_id, step) for step in update.validation_log[len(self._steps) :]]
        self._steps += steps
        once = steps + self._newly_ended(update)
        # A run that had ended before anybody came is told of by its end alone.
        state = None if has_ended(update) and self._latest is None else self._progress(update)
        ending = [one for one in (state, end(update.run)) if one is not None] if has_ended(update) else []
        for watching in self.watching:
            for one in once:
                watching.put(one)
            if ending:
                watching.last(ending, TOLD)
            elif state is not None:
                watching.put_state(state)
        return bool(ending)

    def _newly_ended(self, update: run_pb2.WatchRunResponse) -> list[Told]:
        """Return what tells of levels that have ended since the last update, of a run that goes on."""
        if has_ended(update):
            return []
        new = [level for level in update.levels if level.finished][len(self._ended) :]
        self._ended += new
        return [ended_levels(self.run_id, new, time.time())] if new else []

    def _progress(self, update: run_pb2.WatchRunResponse) -> Told:
        self._latest = progress(update, self._shown, time.time())
        self._shown = update.levels[-1].latest_request.trace_id if update.levels else ""
        return self._latest
