"""`loadcell run --validate` against servers that say the truth, lie, or say nothing of themselves."""

from system import System

from loadcell.mockserver import Behavior, serve

# What is asserted are counts; times to first token may differ by as much as they like.
RUN = ("-c", "1,2", "-n", "6", "--input-len", "16", "--output-len", "8", "--warmup", "2")


async def test_a_server_that_says_the_truth(shared: System):
    async with serve(Behavior(models=("m",), ttft_ms=20)) as server:
        done = await shared.run("run", server.url, *RUN, "--validate", "--tolerance", "1", "--json")
    assert done.code == 0, done.err + shared.logs()
    validation = done.document["validation"]
    figures = {
        one["metric_name"]: (one["client_value"], one["server_value"]) for one in validation["all_comparisons"]
    }
    assert figures["Request Count"] == (16, 16)
    assert figures["Total Tokens"] == (128, 128)
    assert validation["tolerance"] == 1
    assert validation["all_warnings"] == []
    assert validation["prometheus_available"]
    assert not validation["docker_available"]


async def test_a_server_that_lies(shared: System):
    async with serve(Behavior(models=("m",), ttft_ms=20, metrics_factor=0.5)) as server:
        done = await shared.run("run", server.url, *RUN, "--validate")
    assert done.code == 0, done.err + shared.logs()
    assert "validation: failed, tolerance 0.05" in done.out
    assert "Request Count: 16 here, 8 by the server (100.00 %)" in done.out


async def test_a_server_that_says_nothing(shared: System):
    async with serve(Behavior(models=("m",), metrics=False)) as server:
        done = await shared.run("run", server.url, *RUN, "--validate", "--json")
    assert done.code == 0, done.err + shared.logs()
    validation = done.document["validation"]
    assert (validation["overall_passed"], validation["prometheus_available"]) == (None, False)
    assert "status 404" in validation["all_warnings"][0]


async def test_a_tolerance_without_a_comparison_is_refused(shared: System):
    done = await shared.run("run", "http://127.0.0.1:9", "--tolerance", "0.1")
    assert done.code == 2
    assert "--tolerance 0.1 needs --validate" in done.err
