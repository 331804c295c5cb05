"""Lists of runs and what people say of them, on either engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from controller.scope import Scope
from controller.store import runs
from controller.store.annotations import Annotations, get_annotations, set_annotations
from controller.store.run_history import RunFilter, count_runs, find_baseline, list_runs
from controller.store.run_search import words_of
from loadcell.v1 import result_pb2, run_pb2
from tests.integration.store.test_behaviour import PLANS, RUN

ALL = Scope.everything()
LOOKS_LIKE_T1 = "\n\x04team\x12\x02t1"  # the bytes of another label


@pytest.fixture
async def database(open_one):
    opened = await open_one()
    for number in range(8):
        config = result_pb2.RunConfig(
            project_id="even" if number % 2 == 0 else "odd",
            labels={"team": f"t{number % 3}", "empty": ""} if number != 7 else {"note": LOOKS_LIKE_T1},
        )
        run = replace(
            RUN,
            run_id=f"run-{number}",
            model="m" if number < 6 else "n",
            config=config,
            created_at=10 * number,
            baseline=number in {0, 2, 3, 4},
            remark="ÜBERLAST in der Straße: 100%" if number == 5 else "",
            state=run_pb2.RUN_STATE_COMPLETED if number != 4 else run_pb2.RUN_STATE_RUNNING,
        )
        await opened.write(partial(runs.insert_run, record=run, plans=PLANS, request_id=None))
    return opened


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (RunFilter(ALL), [7, 6, 5, 4, 3, 2, 1, 0]),
        (RunFilter(Scope.of(["odd"])), [7, 5, 3, 1]),
        (RunFilter(Scope.of([])), []),
        (RunFilter(Scope.of(["odd"]), project_id="even"), []),
        (RunFilter(ALL, project_id="even", model="m"), [4, 2, 0]),
        (RunFilter(ALL, created_from=20, created_to=40), [3, 2]),
        (RunFilter(ALL, baseline=True), [4, 3, 2, 0]),
        (RunFilter(ALL, baseline=False, model="n"), [7, 6]),
        (RunFilter(ALL, labels=(("team", "t1"),)), [4, 1]),
        (RunFilter(ALL, labels=(("team", None),)), [6, 5, 4, 3, 2, 1, 0]),
        (RunFilter(ALL, labels=(("team", "t0"), ("empty", ""))), [6, 3, 0]),
        (RunFilter(ALL, labels=(("team", ""),)), []),
        (RunFilter(Scope.of(["even"]), status="completed", labels=(("team", "t0"),)), [6, 0]),
    ],
)
async def test_filters_with_true_totals_and_complete_pages(database, filters, expected):
    def ask(connection) -> tuple[list[str], int]:
        found, after = [], None
        while page := list_runs(connection, filters, limit=2, after=after):
            found += page
            after = (page[-1].created_at, page[-1].run_key)
        skipped = list_runs(connection, filters, limit=100, offset=1)
        assert [run.run_id for run in skipped] == [run.run_id for run in found[1:]]
        return [run.run_id for run in found], count_runs(connection, filters)

    assert await database.read(ask) == ([f"run-{number}" for number in expected], len(expected))


async def test_runs_are_found_by_words_in_either_case_and_by_no_wildcards(database):
    def ask(connection) -> None:
        for search, filters, expected in (
            ("RUN-3", {}, [3]),
            ("team=T1", {}, [4, 1]),
            ("m http t1 M", {}, [7, 4, 1]),
            ("%", {}, [5]),
            ("_t", {}, []),
            ("strasse überlast", {}, [5]),
            ("team=t0", {"labels": (("team", "t0"),), "project_id": "odd"}, [3]),
        ):
            found = RunFilter(ALL, words=words_of(search), **filters)
            page = list_runs(connection, found, limit=8)
            assert [run.run_id for run in page] == [f"run-{number}" for number in expected], search
            assert count_runs(connection, found) == len(expected)

    await database.read(ask)

    def change(connection) -> None:
        before = get_annotations(connection, "run-3", to_change=True)
        set_annotations(connection, "run-3", replace(before, config=result_pb2.RunConfig(labels={"gpu": "H100"})))
        run = runs.get_run(connection, "run-4", ALL)
        runs.set_probe(connection, run.run_key, model="Found", pin_output=True, words_per_token=1.0)

    await database.write(change)

    def ask_again(connection) -> list[int]:
        return [count_runs(connection, RunFilter(ALL, words=(word,))) for word in ("gpu=h100", "team=t0", "found")]

    assert await database.read(ask_again) == [1, 2, 1]


async def test_configurations_without_a_label_are_not_read(database, monkeypatch):
    read = []
    holds = RunFilter.holds
    monkeypatch.setattr(RunFilter, "holds", lambda self, config: read.append(config) or holds(self, config))
    for labels in ((("team", "t1"),), (("team", "t1"), ("empty", "")), (("nobody's", None),)):
        await database.read(lambda c, labels=labels: count_runs(c, RunFilter(ALL, labels=labels)))
    looks_like_it, nothing = 1, 0
    assert len(read) == (2 + looks_like_it) + 2 + nothing


async def test_the_baseline_is_the_newest_completed_one_of_its_kind(database):
    async def found(project: str, model: str, *besides: str) -> str | None:
        return await database.read(lambda c: find_baseline(c, project, model, besides))

    assert await found("even", "m") == "run-2"  # 4 is newer and has not ended
    assert await found("even", "m", "run-2") == "run-0"
    assert await found("odd", "m") == "run-3"
    assert await found("even", "n") is None
    assert await found("elsewhere", "m") is None


async def test_changes_of_two_controllers_do_not_undo_each_other(database, open_one):
    other = await open_one()

    def add_label(connection, key: str) -> None:
        before = get_annotations(connection, "run-7", to_change=True)
        before.config.labels[key] = "x"
        set_annotations(connection, "run-7", Annotations(before.config, "a remark", before.baseline))

    names = [f"label-{number}" for number in range(20)]
    await asyncio.gather(
        *(
            each.write(partial(add_label, key=name))
            for each, name in zip([database, other] * 10, names, strict=True)
        )
    )
    run = await other.read(lambda c: runs.get_run(c, "run-7", Scope.everything()))
    assert sorted(run.config.labels) == sorted([*names, "note"])
    assert (run.remark, run.baseline) == ("a remark", False)
    assert await database.read(lambda c: get_annotations(c, "missing")) is None
