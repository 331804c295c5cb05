"""Writing one file: page after page of traces, each read in a transaction of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from controller.exports.asked import Asked
from controller.exports.formats.columns import RowWriter, columns_of
from controller.exports.sink import HashingSink
from controller.query.traces.bounds import time_bounds
from controller.query.traces.question import Question
from controller.query.traces.record import Record
from controller.scope import Scope
from controller.store.database import Connection, Database
from controller.store.records import RunRecord
from controller.store.retention import requests_expired
from controller.store.runs import get_run
from controller.store.traces.limits import bounded
from controller.store.traces.listing import Page, list_traces
from loadcell.data_dir import make_private
from loadcell.errors import LoadcellError

T = TypeVar("T")

# Nobody waits for a page of a file as for an answer: what is slow while others ask must not cost the whole file.
PAGE_SECONDS = 300.0


class RunGoneError(LoadcellError):
    """The one run that a file is of was deleted meanwhile, or its requests have reached their age."""


@dataclass(slots=True)
class Progress:
    """How far the writing is."""

    trace_count: int = 0
    percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file."""

    path: Path
    size: int
    sha256: str


@dataclass(slots=True)
class FileWriting:
    """Writes one file; `progress` is as of the last page."""

    database: Database
    threads: ThreadPoolExecutor
    asked: Asked
    scope: Scope
    path: Path
    most_bytes: int
    progress: Progress = field(default_factory=Progress)

    async def write(self) -> Written:
        """Write the file.

        Raises:
            LoadcellError: The database cannot be read, or not in time.
            RunGoneError: The file is of one run, and requests of it were deleted.
            TooLargeError: The file would be larger than allowed.
            OSError: The disk is full or fails.
        """
        had_run = await self.database.read(lambda c: self._run(c) is not None)
        with ExitStack() as open_files:
            sink, writer = await self._on_thread(lambda: self._open(open_files))
            await self._write_pages(writer)
            # One that is being deleted was not found, but some of it.
            had_run |= bool(self.asked.run_id and self.progress.trace_count)
            await self.database.read(partial(self._check_run, had_run=had_run))
            await self._on_thread(open_files.close)
        return Written(self.path, sink.size, sink.sha256)

    async def _write_pages(self, writer: RowWriter) -> None:
        question = self.asked.question
        first: int | None = None
        while True:
            left = self.asked.limit - self.progress.trace_count
            question = replace(question, limit=min(question.limit, left))
            page = await self.database.read(partial(_page, question=question, scope=self.scope))
            await self._on_thread(partial(writer.write, page.records))
            if page.records:
                first = page.records[0].ts if first is None else first
                self._advance(page.records, first)
            if page.last is None or self.progress.trace_count >= self.asked.limit:
                return
            question = replace(question, after=page.last)

    def _run(self, connection: Connection) -> RunRecord | None:
        """Return the one run that the file is of, None when it may be of any or there is no such run any more."""
        return get_run(connection, self.asked.run_id, self.scope) if self.asked.run_id else None

    def _check_run(self, connection: Connection, *, had_run: bool) -> None:
        """Raise RunGoneError when requests of the one run that the file is of are missing.

        Each page was read in a transaction of its own: what was deleted meanwhile is missing without a trace.
        """
        run = self._run(connection)
        if run is None and had_run:
            raise RunGoneError(
                "RUN_NOT_FOUND", f"run {self.asked.run_id[:64]} was deleted while its requests were written"
            )
        if run is not None and requests_expired(connection, run.run_key):
            raise RunGoneError(
                "RESULT_NOT_FOUND", f"requests of run {run.run_id} have reached their age and were deleted"
            )

    def _open(self, open_files: ExitStack) -> tuple[HashingSink, RowWriter]:
        """Open the file; closing it writes what belongs at its end and brings it to the disk."""
        make_private(self.path.parent)
        file = open_files.enter_context(self.path.open("xb"))
        # Before the file is closed, and after what compresses into it.
        open_files.push(lambda failed, *_: None if failed else _sync(file))
        sink = HashingSink(file, self.most_bytes)
        writing = self.asked.choice.writer(sink, columns_of(self.asked.question.fields))  # type: ignore[arg-type]
        return sink, open_files.enter_context(writing)

    def _advance(self, records: list[Record], first: int) -> None:
        """Note how far a page has come: by the traces asked for or by the time they are of, whichever is more."""
        self.progress.trace_count += len(records)
        last, end = records[-1].ts, time_bounds(self.asked.question.filter).last
        through = (last - first) / (end - first) if end > first else 0.0
        share = max(through, self.progress.trace_count / self.asked.limit)
        self.progress.percent = max(self.progress.percent, min(100.0 * share, 99.9))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Do what blocks on a thread; when given up wait for it: the file must not be closed in between."""
        doing = asyncio.get_running_loop().run_in_executor(self.threads, work)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise


def _page(connection: Connection, question: Question, scope: Scope) -> Page:
    with bounded(connection, PAGE_SECONDS):
        return list_traces(connection, question, scope)


def _sync(file: object) -> None:
    file.flush()  # type: ignore[attr-defined]
    os.fsync(file.fileno())  # type: ignore[attr-defined]
