"""`loadcell run` against a server whose behaviour is known."""

import asyncio
import contextlib
import csv
import itertools
import json
import shlex
import sqlite3
import ssl
import subprocess
from pathlib import Path

import pytest
from system import PATIENCE_SECONDS, System, figures, on_terminal, under_load

from loadcell.figures import milliseconds, rate
from loadcell.mockserver import Behavior, serve
from loadcell.mockserver.behavior import Fault, fault_of
from tests.free_ports import free_address

SMALL = ("--input-len", "16", "--output-len", "8", "--warmup", "1")


async def test_a_sweep_gives_a_result_per_level(system: System):
    async with serve(Behavior(models=("m",), ttft_ms=5, itl_ms=1)) as server:
        done = await system.run("run", server.url, "-c", "1,5", "-n", "20", *SMALL, "--json")
    assert done.code == 0, done.err + system.logs()
    document = done.document
    assert (document["status"], document["model"], document["server_url"]) == ("completed", "m", server.url)
    assert [level["concurrency"] for level in figures(document)] == [1, 5]
    for level in figures(document):
        assert (level["total_requests"], level["successful_requests"], level["failed_requests"]) == (20, 20, 0)
        assert level["total_output_tokens"] == 160
        assert level["ttft"]["count"] == 20
        assert level["ttft"]["p50"] >= 5
        assert level["e2e_latency"]["p50"] >= 12
        assert level["ttft"]["p99"] is None
        assert level["errors"] == {}
    assert document["summary"]["total_requests"] == 40
    assert document["run_id"] in done.err
    # Two levels of 20 with a warm-up each, and what the probe asked before.
    assert server.requests >= 42


async def test_the_table_says_where_the_result_lies(shared: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        done = await shared.run(
            "run", "--server", server.url, "-c", "2", "-n", "10", *SMALL, "--goodput", "ttft:5000"
        )
    assert done.code == 0, done.err + shared.logs()
    assert "c=2" in done.out
    assert "TTFT p50 ms" in done.out
    assert "100.0 %" in done.out
    assert " runs show " in done.out
    assert str(shared.home / "loadcell.db") in done.out
    assert "done" in done.err


async def test_an_open_loop_keeps_its_rate(shared: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        arguments = ("run", server.url, "--rate", "100", "--arrival", "poisson", "-d", "1", *SMALL, "--json")
        done = await shared.run(*arguments, "--seed", "3")
        again = await shared.run(*arguments, "--seed", "3")
    assert done.code == 0, done.err + shared.logs()
    (level,) = figures(done.document)
    assert (level["concurrency"], level["requested_rate"]) == (None, 100)
    assert level["total_requests"] == figures(again.document)[0]["total_requests"]
    assert level["schedule_delay"]["count"] == level["total_requests"] > 50
    assert level["total_requests"] == level["successful_requests"]


async def test_F1_the_same_run_is_found_by_every_reader_with_equal_numbers(shared: System, tmp_path: Path):
    async with serve(Behavior(ttft_ms=1, server_error_rate=0.2, seed=3)) as server:
        saved = tmp_path / "result.json"
        done = await shared.run("run", server.url, "-c", "4", "-n", "40", *SMALL, "--json", "-o", str(saved))
    assert done.code == 0, done.err + shared.logs()
    document = done.document
    run_id = document["run_id"]
    (level,) = figures(document)
    assert level["errors"] == {"http_5xx": level["failed_requests"]}
    assert level["failed_requests"] > 0
    assert json.loads(saved.read_text()) == document
    shown = await shared.run("runs", "show", run_id, "--json")
    assert shown.document == document
    listed = await shared.run("runs", "list", "--json")
    assert listed.document["runs"][0]["run_id"] == run_id
    table = tmp_path / "result.csv"
    assert (await shared.run("runs", "export", run_id, "-o", str(table))).code == 0
    rows = list(csv.reader(table.read_text().splitlines()))
    assert ["Run ID", run_id] in rows
    requests = await shared.run("runs", "export", run_id, "--format", "jsonl")
    lines = [json.loads(line) for line in requests.out.splitlines()]
    assert sum(not line["warmup"] for line in lines) == 40
    deleted = await shared.run("runs", "delete", run_id)
    assert deleted.code == 0
    gone = await shared.run("runs", "show", run_id)
    assert gone.code == 2
    assert run_id in gone.err


async def test_csv_is_written_where_asked_for(shared: System, tmp_path: Path):
    file = tmp_path / "out.csv"
    async with serve() as server:
        done = await shared.run("run", server.url, "-n", "5", *SMALL, "-o", str(file))
    assert done.code == 0, done.err
    assert str(file) in done.out
    assert "TTFT" in file.read_text()


async def test_an_unreachable_server_fails_before_load_with_host_port_and_reason(shared: System):
    address = free_address()
    done = await shared.run("run", f"http://{address}", "-m", "m", *SMALL)
    assert done.code == 1
    assert address in done.err
    assert "refused" in done.err.lower()
    assert done.err.splitlines()[-1].startswith("error: ")


async def test_a_wrong_model_shows_the_servers_message(shared: System):
    async with serve(Behavior(models=("right",))) as server:
        done = await shared.run("run", server.url, "-m", "wrong", *SMALL)
    assert done.code == 1
    assert "The model `wrong` does not exist" in done.err


async def test_several_models_need_a_choice(shared: System):
    async with serve(Behavior(models=("one", "two"))) as server:
        done = await shared.run("run", server.url, *SMALL)
        chosen = await shared.run("run", server.url, "-m", "two", "-n", "3", *SMALL, "--json")
    assert done.code == 1
    assert "one" in done.err
    assert "two" in done.err
    assert chosen.document["model"] == "two"


async def test_requests_fewer_than_concurrency_are_refused(shared: System):
    done = await shared.run("run", "http://127.0.0.1:9", "-m", "m", "-c", "50", "-n", "10")
    assert done.code == 2
    assert "--num-prompts" in done.err
    assert "50" in done.err


async def test_every_request_failed_is_exit_1(shared: System):
    # The probe, which comes first, must see a working server; the load must not.
    behaviors = (Behavior(ttft_ms=1, truncate_rate=0.8, seed=seed) for seed in itertools.count())
    fates = [Fault.NONE, *[Fault.TRUNCATE] * 5]
    behavior = next(one for one in behaviors if [fault_of(one, ordinal) for ordinal in range(6)] == fates)
    async with serve(behavior) as server:
        done = await shared.run("run", server.url, "-c", "1", "-n", "5", "--warmup", "0", "--input-len", "8")
        assert server.requests == 6
    assert done.code == 1, done.out + done.err
    assert "truncated" in done.out


async def test_M8_a_stream_without_terminator_is_an_error(shared: System):
    async with serve(
        Behavior(ttft_ms=1, truncate_rate=0.3, empty_rate=0.2, error_event_rate=0.2, seed=5)
    ) as server:
        done = await shared.run("run", server.url, "-c", "4", "-n", "60", *SMALL, "--json")
    assert done.code in {0, 1}, done.err + shared.logs()
    if done.code == 0:
        (level,) = figures(done.document)
        assert set(level["errors"]) == {"truncated", "empty", "server_error_event"}
        assert level["successful_requests"] + level["failed_requests"] == 60


async def test_the_completions_dialect(shared: System):
    async with serve(keep_bodies=True) as server:
        done = await shared.run(
            "run", server.url, "--adapter", "openai-completions", "-n", "5", *SMALL, "--json", "--no-stream"
        )
    assert done.code == 0, done.err + shared.logs()
    assert done.document["adapter"] == "openai-completions"
    bodies = [json.loads(body) for body in server.bodies]
    assert all("prompt" in body for body in bodies)
    assert figures(done.document)[0]["total_output_tokens"] == 40


async def test_an_api_key_is_sent_and_never_shown(shared: System):
    async with serve(api_key="sesame-open") as server:
        refused = await shared.run("run", server.url, "-m", "mock-model", "-n", "3", *SMALL)
        done = await shared.run("run", server.url, "-n", "3", *SMALL, "--json", LLM_API_KEY="sesame-open")
    assert refused.code == 1
    assert done.code == 0, done.err + shared.logs()
    everything = done.out + done.err + shared.logs()
    assert "sesame-open" not in everything
    for file in shared.home.rglob("*"):
        if file.is_file():
            assert b"sesame-open" not in file.read_bytes(), file


async def test_tls(system: System, shared: System, tmp_path: Path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(  # noqa: ASYNC221
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(cert), "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    arguments = ("-m", "mock-model", "-n", "5", *SMALL)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    async with serve(Behavior(ttft_ms=1), tls=tls) as server:
        trusted = await system.run("run", server.url, *arguments, "--json", SSL_CERT_FILE=str(cert))
        untrusted = await shared.run("run", server.url, *arguments)
    assert trusted.code == 0, trusted.err + system.logs()
    assert figures(trusted.document)[0]["successful_requests"] == 5
    assert untrusted.code == 1
    assert "certificate" in untrusted.err.lower()


async def test_a_dataset_is_sent_as_it_is(shared: System, tmp_path: Path):
    dataset = tmp_path / "prompts.jsonl"
    lines = [{"prompt": f"question {number} of the set", "output_len": 3} for number in range(5)]
    dataset.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with serve(keep_bodies=True) as server:
        done = await shared.run("run", server.url, "-n", "5", "--warmup", "0", "--dataset", str(dataset), "--json")
    assert done.code == 0, done.err + shared.logs()
    sent = {json.loads(body)["messages"][-1]["content"] for body in server.bodies}
    assert {line["prompt"] for line in lines} <= sent
    assert figures(done.document)[0]["total_output_tokens"] == 15


async def test_a_malformed_dataset_names_file_line_and_reason(shared: System, tmp_path: Path):
    dataset = tmp_path / "broken.jsonl"
    dataset.write_text('{"prompt": "fine"}\n{"prompt": \n')
    async with serve() as server:
        done = await shared.run("run", server.url, "-n", "2", *SMALL, "--dataset", str(dataset))
    assert done.code == 2
    assert done.err.startswith(f"error: --dataset: {dataset} line 2: ")
    assert len(done.err.splitlines()) == 1


async def test_M1_prompts_have_the_wanted_length_with_a_tokenizer(shared: System, tmp_path: Path):
    tokenizers = pytest.importorskip("tokenizers")
    words = {f"w{number}": number for number in range(400)} | {"[UNK]": 400}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    file = tmp_path / "tokenizer.json"
    made.save(str(file))
    async with serve(keep_bodies=True) as server:
        done = await shared.run(
            *("run", server.url, "-n", "10", "--input-len", "40", "--output-len", "4", "--warmup", "0"),
            *("--tokenizer", str(file), "--json"),
        )
    assert done.code == 0, done.err + shared.logs()
    prompts = [json.loads(body)["messages"][-1]["content"] for body in server.bodies][-10:]
    assert {len(made.encode(prompt).ids) for prompt in prompts} == {40}
    assert len(set(prompts)) == 10


async def test_two_agents_share_the_load(system: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        done = await system.run("run", server.url, "--agents", "2", "-c", "4", "-n", "40", *SMALL, "--json")
    assert done.code == 0, done.err + system.logs()
    assert [agent["total_requests"] for agent in done.document["agents"]] == [20, 20]


async def test_a_run_of_another_database_says_how_to_see_it_again(system: System, tmp_path: Path):
    database, saved = str(tmp_path / "other.db"), tmp_path / "r.json"
    async with serve() as server:
        done = await system.run("run", server.url, "-n", "3", *SMALL, "--db", database, "-o", str(saved))
    assert done.code == 0, done.err + system.logs()
    line = next(line for line in done.out.splitlines() if "see it again with: " in line)
    again = shlex.split(line.partition("see it again with: ")[2])
    shown = await asyncio.create_subprocess_exec(*again, "--json", stdout=subprocess.PIPE, env=system.environment)
    out, _ = await asyncio.wait_for(shown.communicate(), PATIENCE_SECONDS)
    assert json.loads(out) == json.loads(saved.read_text())


async def test_a_file_that_becomes_unwritable_is_told_and_the_result_kept(shared: System, tmp_path: Path):
    folder = tmp_path / "out"
    folder.mkdir()
    async with serve(Behavior(ttft_ms=5)) as server:
        ordered = await shared.start("run", server.url, "-n", "300", *SMALL, "-o", str(folder / "r.json"))
        await under_load(server, ordered, 20)
        folder.rmdir()
        done = await shared.finish(ordered)
    assert done.code == 1
    (error,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert f"cannot write {folder / 'r.json'}: No such file or directory; the result is in the database" in error
    run_id = error.partition(" runs export ")[2].split()[0]
    exported = await shared.run("runs", "export", run_id)
    assert figures(exported.document)[0]["successful_requests"] == 300


async def test_a_full_output_is_told(shared: System):
    async with serve() as server:
        with Path("/dev/full").open("wb") as full:  # noqa: ASYNC230 (a device)
            for flags in (("--json",), ()):
                process = await asyncio.create_subprocess_exec(
                    *(*shared.command, "run", server.url, "-n", "3", *SMALL, *flags),
                    stdout=full,
                    stderr=subprocess.PIPE,
                    env=shared.environment,
                )
                _, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
                assert process.returncode == 1
                last = err.decode().splitlines()[-1]
                assert last == "error: cannot write to standard output: No space left on device"
                assert b"Traceback" not in err


async def test_no_digit_is_clipped_on_a_narrow_terminal(shared: System):
    async with serve(Behavior(ttft_ms=1)) as server:
        arguments = ("run", server.url, "-c", "1,2,3", "-n", "120", *SMALL, "--json")
        documents = [(await shared.run(*arguments)).document for _ in range(2)]
    run_ids = [document["run_id"] for document in documents]
    for command in (("show", run_ids[0]), ("compare", *run_ids)):
        shown = on_terminal([*shared.command, "runs", *command], shared.environment, columns=40)
        assert "\N{HORIZONTAL ELLIPSIS}" not in shown
        assert max(map(len, shown.splitlines())) <= 40
        for level in figures(documents[0]):
            assert milliseconds(level["ttft"]["p50"]) in shown
            assert rate(level["throughput_tokens_per_sec"]) in shown


async def test_a_database_that_cannot_be_written_is_one_line(system: System, tmp_path: Path):
    folder = tmp_path / "folder.db"
    folder.mkdir()
    done = await system.run("run", "http://127.0.0.1:9", "--db", str(folder))
    assert done.code == 2
    assert done.err.startswith("error: the controller ended with exit code 2: ")
    assert done.err.count("\n") == 1
    assert "folder.db" in done.err


async def test_prompts_and_completions_are_stored_when_asked_for_and_only_then(shared: System):
    async with serve(Behavior(ttft_ms=1), keep_bodies=True) as server:
        runs = []
        for flags in ((), ("--record-texts",)):
            done = await shared.run("run", server.url, "-n", "5", *SMALL, "--json", *flags)
            assert done.code == 0, done.err + shared.logs()
            runs.append(done.document["run_id"])
    with contextlib.closing(sqlite3.connect(shared.home / "loadcell.db")) as database:
        stored = database.execute(
            "SELECT run_id, ordinal, input_text, output_text FROM trace_texts JOIN benchmark_runs USING (run_key)"
            " WHERE run_id IN (?, ?) ORDER BY ordinal",
            runs,
        ).fetchall()
    assert [row[:2] for row in stored] == [(runs[1], ordinal) for ordinal in range(5)]
    sent = [json.loads(body)["messages"][-1]["content"] for body in server.bodies]
    assert all(prompt in sent and len(completion.split()) == 8 for _, _, prompt, completion in stored)
