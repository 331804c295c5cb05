"""`loadcell runs compare` in a pipeline: exit codes are what counts there."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree as Xml

from system import System, figures

from loadcell.figures import rate
from loadcell.mockserver import Behavior, serve

SMALL = ("-n", "20", "--input-len", "8", "--output-len", "4", "--warmup", "0")


async def test_gates_decide_the_exit_code(shared: System, tmp_path: Path):
    ids = []
    for first_token in (1, 300):  # far more than what a busy machine adds
        async with serve(Behavior(ttft_ms=first_token)) as server:
            done = await shared.run("run", server.url, "-c", "4", *SMALL, "--json")
        assert done.code == 0, done.err + shared.logs()
        ids.append(done.document["run_id"])
    held = await shared.run("runs", "compare", *reversed(ids), "--gate", "ttft.min:+5%", "--gate", "error_rate:+0")
    assert held.code == 0, held.err
    assert "ttft.min:+5%: passed" in held.out
    gates = ("--gate", "ttft.min:+5%", "--gate", "error_rate:+0")
    missed = await shared.run("runs", "compare", *ids, *gates, GITHUB_ACTIONS="")
    assert missed.code == 3
    assert missed.err == "error: 1 of 2 gates missed\n"
    assert "ttft.min:+5%: missed" in missed.out
    told = await shared.run("runs", "compare", *ids, "--gate", "ttft.min:+5%", "--json")
    assert (told.code, told.document["gates_passed"], told.document["gates"][0]["passed"]) == (3, False, False)
    assert {delta["metric"] for delta in told.document["deltas"]} >= {"ttft.p50", "throughput", "error_rate"}
    xml, page = tmp_path / "gates.xml", tmp_path / "summary.md"
    reported = await shared.run(
        "report", *ids, *gates, "--junit", str(xml), "-o", str(page), GITHUB_ACTIONS="true"
    )
    assert (reported.code, reported.out) == (3, "")
    annotation, complaint = reported.err.splitlines()
    assert annotation.startswith(
        f"::error title=gate ttft.min%3A+5%25 missed at c=4::{ids[1]}: ttft.min:+5%25: missed"
    )
    assert complaint == "error: 1 of 2 gates missed"
    cases = {case.get("name"): case.find("failure") is None for case in Xml.parse(xml).iter("testcase")}
    assert cases == {"ttft.min:+5%": False, "error_rate:+0": True}
    assert page.read_text().startswith("## Gates: **1 of 2 missed**")
    assert all(f"| run | `{run_id}` |" in page.read_text() for run_id in ids)
    several = tmp_path / "report.html"
    assert (await shared.run("report", *ids, *gates, "-o", str(several), GITHUB_ACTIONS="")).code == 3
    assert all(run_id in several.read_text() for run_id in ids)
    assert 'class="missed"' in several.read_text()
    wrong = await shared.run("runs", "compare", *ids, "--gate", "ttft.p99:5%")
    assert wrong.code == 2
    assert wrong.err.startswith("error: --gate: gate 'ttft.p99:5%' is not written like")
    nobody = await shared.run("runs", "compare", "baseline", ids[0])
    assert nobody.code == 2
    assert "is marked as baseline" in nobody.err


async def test_a_result_is_saved_in_every_form(shared: System, tmp_path: Path):
    saved = tmp_path / "result.html"
    async with serve(Behavior(ttft_ms=1)) as server:
        done = await shared.run("run", server.url, *SMALL, "--json", "-o", str(saved))
    assert done.code == 0, done.err + shared.logs()
    run_id = done.document["run_id"]
    book = tmp_path / "result.xlsx"
    exported = await shared.run("runs", "export", run_id, "-o", str(book))
    assert exported.code == 0, exported.err
    assert zipfile.is_zipfile(book)
    again = await shared.run("runs", "export", run_id, "--format", "html")
    assert again.out == saved.read_text()
    assert (await shared.run("report", run_id, "--format", "html")).out == again.out
    level = figures(done.document)[0]
    written = (await shared.run("report", run_id)).out
    assert f"| c=1 | {level['total_requests']} | 0 | {rate(level['request_rate_per_sec'])} |" in written
    assert run_id in again.out


async def test_a_run_is_marked_found_and_compared_with(shared: System):
    ids = []
    async with serve(Behavior(ttft_ms=1)) as server:
        for _ in range(2):
            done = await shared.run("run", server.url, "-c", "2", *SMALL, "--project", "marked", "--json")
            assert done.code == 0, done.err + shared.logs()
            ids.append(done.document["run_id"])
    first, second = ids
    marked = await shared.run("runs", "update", first, "--baseline", "--label", "gpu=h100", "--notes", "as sold")
    assert (marked.code, marked.err) == (0, "")
    assert "baseline, gpu=h100" in marked.out
    about = ("--project", "marked", "--since", "now-1d", "--label", "gpu", "--search", "H100 sold")
    listed = await shared.run("runs", "list", *about, "--json")
    (run,) = listed.document["runs"]
    assert (run["run_id"], run["baseline"], run["notes"], listed.document["total"]) == (first, True, "as sold", 1)
    few = await shared.run("runs", "list", *about[:4], "--limit", "1", "--sort", "started_at", "--order", "asc")
    assert (first in few.out, "1 of 2 runs" in few.out) == (True, True)
    compared = await shared.run("runs", "compare", "baseline", second, "--gate", "error_rate:+0", "--json")
    assert (compared.code, compared.document["gates_passed"]) == (0, True)
    assert [figures["run_id"] for figures in compared.document["by_concurrency"]["2"]["runs"]] == ids
    seconds = (await shared.run("runs", "timeline", first, "--json")).document["points"]
    assert sum(point["sent_count"] for point in seconds) == sum(point["success_count"] for point in seconds) == 20
    assert seconds[-1]["in_flight"] == 0
    for flags, complaint in (
        (("update", first), "nothing to change"),
        (("update", first, "--label", "x"), "--label 'x'"),
        (("list", "--since", "yesterday"), "--since: 'yesterday' is no time"),
        (("timeline", first, "--level", "9"), "--level: level must be from 0 to 0"),
        (("update", "missing", "--baseline"), "there is no run missing"),
    ):
        refused = await shared.run("runs", *flags)
        assert (refused.code, complaint in refused.err) == (2, True), refused.err


async def test_nobody_to_ask_is_another_exit_code(system: System, tmp_path: Path):
    done = await system.run("runs", "compare", "a", "b", "--controller", f"unix:{tmp_path}/nobody")
    assert done.code in {2, 4}, done.err
