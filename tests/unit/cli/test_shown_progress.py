"""What people see of a run second by second, while it goes on and afterwards."""

import io

import pytest
from rich.console import Console

from loadcell.cli.live.screen import remaining_seconds
from loadcell.cli.progress import LiveProgress, NoProgress, PlainProgress, describe, progress_for
from loadcell.cli.timeline import timeline_tables
from loadcell.v1 import run_pb2
from tests.unit.cli.shown_text import row, text_of


def test_the_live_view_is_for_terminals_that_can_show_it(monkeypatch: pytest.MonkeyPatch):
    def chosen(width: int, term: str = "xterm", **how: bool) -> type:
        monkeypatch.setenv("TERM", term)
        return type(progress_for(Console(file=io.StringIO(), force_terminal=True, width=width, height=24), **how))

    assert (chosen(40), chosen(39), chosen(80, "dumb")) == (LiveProgress, PlainProgress, PlainProgress)
    assert chosen(80, quiet=True) is NoProgress


def progress_update(**level: object) -> run_pb2.WatchRunResponse:
    base = {"index": 0, "concurrency": 10, "percent": 25.0, "completed": 25, "elapsed_seconds": 5.0}
    return run_pb2.WatchRunResponse(
        level_count=1,
        levels=[run_pb2.LevelProgress(**{**base, **level})],
    )


def test_a_level_is_described_in_one_line():
    update = progress_update(
        request_rate=5.04, token_rate=640, error_count=2, ttft=run_pb2.LiveLatency(p50=20.5, p99=31)
    )
    assert describe(update.levels[0]) == (
        "c=10:  25 %, 25 requests, 5.0 requests/s, 640.0 tokens/s, TTFT p50 20.5 p99 31.0 ms, 2 errors, ETA 15 s"
    )


def test_the_end_of_a_level_is_estimated_from_its_mean_speed():
    assert remaining_seconds(progress_update().levels[0]) == pytest.approx(15.0)
    assert remaining_seconds(progress_update(percent=0.0).levels[0]) is None
    assert remaining_seconds(progress_update(finished=True).levels[0]) == 0.0


def test_plain_progress_prints_every_end_of_a_level_once(capsys: pytest.CaptureFixture[str]):
    progress = PlainProgress()
    progress.update(progress_update())
    ended = progress_update(finished=True, percent=95.0, completed=95)  # 5 were censored
    progress.update(ended)
    progress.update(ended)
    progress.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("c=10: 95 requests")
    assert captured.err.endswith("done\n")


def test_a_timeline_has_a_line_for_each_second_of_each_level():
    latency = run_pb2.LiveLatency(p50=12.34, p95=56.7, count=3)
    point = {"due_count": 1_200, "sent_count": 1_100, "success_count": 90, "error_count": 2, "in_flight": 55}
    points = [
        run_pb2.TimelinePoint(level=level, second=second, output_tokens=7_000, ttft=latency, **point)
        for level, second in ((0, 0), (0, 1), (3, 0))
    ]
    wide = "".join(text_of(table) for table in timeline_tables(points))
    assert row(wide, "1 s") == ["1,200", "1,100", "90", "2", "55", "7,000", "12.3", "56.7", "-", "-"]
    assert wide.count("0 s") == 2
    assert wide.index("level 0") < wide.index("level 3")
    narrow = "".join(text_of(table, 30) for table in timeline_tables(points))
    assert narrow.count("1,200") == 3
    assert max(map(len, narrow.splitlines())) <= 30
