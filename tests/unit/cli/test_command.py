"""The command as its user meets it, before anything is started."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadcell import logs
from loadcell.arguments import refuse_arguments
from loadcell.cli.__main__ import run
from loadcell.cli.settings import database_name, database_url
from loadcell.cli.started_as import command_line, with_place
from loadcell.stack.child import search_path
from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Done:
    returncode: object
    stdout: str
    stderr: str


def started(*words: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Carry out a Python command in a process of its own, as a user does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOADCELL_", "LLM_"))}
    return subprocess.run(
        [sys.executable, *words],
        env={**clean, "LOADCELL_DATA_DIR": str(home), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


Loadcell = Callable[..., Done]


@pytest.fixture
def loadcell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Loadcell:
    """The command in this process: it does the same, and a process for each would take most of the time."""
    for name in [name for name in os.environ if name.startswith(("LOADCELL_", "LLM_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOADCELL_DATA_DIR", str(tmp_path))
    # Logging is set up for a whole process, and this one goes on with other tests.
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def carry_out(*arguments: str, **environment: str) -> Done:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code: object = run(list(arguments))
        except SystemExit as ended:  # by argparse, which reads the arguments of the mock server
            code = ended.code
        return Done(code, *capfd.readouterr())

    return carry_out


NUMBERS = (
    *(
        "--num-prompts",
        "--duration",
        "--input-len",
        "--output-len",
        "--warmup",
        "--timeout",
        "--seed",
        "--workers",
    ),
    *("--agents", "--concurrency", "--rate"),
)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], "no server is given"),
        (["run", "127.0.0.1:8000"], "'127.0.0.1:8000' has no scheme"),
        (["run", "gopher://x"], "'gopher://x' must begin with"),
        (["run", "http://x", "--concurrency", "1,"], "--concurrency '1,'"),
        (["run", "http://x", "--concurrency", ""], "--concurrency ''"),
        (["run", "http://x", "-c", "0"], "--concurrency '0'"),
        (["run", "http://x", "-c", "-1"], "--concurrency '-1'"),
        (["run", "http://x", "-c", "1", "--rate", "5"], "--concurrency and --rate"),
        (["run", "http://x", "-n", "1", "-d", "5"], "--num-prompts and --duration"),
        (["run", "http://x", "--arrival", "poisson"], "--arrival poisson needs --rate"),
        (["run", "http://x", "--max-concurrency", "5"], "--max-concurrency 5 needs --rate"),
        (["run", "http://x", "--goodput", "ttft"], "--goodput 'ttft'"),
        (["run", "http://x", "--label", "x"], "--label 'x'"),
        (["run", "http://x", "--tokenizer", "/none/t.json"], "--tokenizer '/none/t.json'"),
        (["run", "http://x", "--dataset", "/none/d.jsonl"], "--dataset '/none/d.jsonl'"),
        (["run", "http://x", "-o", "result.txt"], "--output 'result.txt'"),
        (["run", "http://x", "--concurency", "5"], "--concurrency"),
        (["run", "http://x", "--num-prompts", "many"], "--num-prompts"),
        (["run", "http://x", "--controller", "nowhere"], "--controller 'nowhere'"),
        *((["run", "http://x", flag, value], flag) for flag in NUMBERS for value in ("9" * 20, "-" + "9" * 20)),
        (["run", "http://x", "--timeout", "nan"], "--timeout nan"),
        (["run", "http://x", "--agents", "region"], "--agents 'region'"),
        (["run", "http://x", "--agents", "region=eu,count=0"], "'0' is not a whole number"),
        (["run", "http://x", "--label", "a=1", "--label", "a=2"], "'a' is given twice"),
        (["run", "http://x", "-o", "/proc/r.json"], "--output '/proc/r.json'"),
        (["runs", "export", "r", "-o", "/proc/r.json"], "--output '/proc/r.json'"),
        (["runs", "list", "--limit", "9" * 20], "--limit"),
        (["up", "--agents", "9" * 20], "--agents"),
        (["up", "--grpc", "127.0.0.1:0"], "--grpc '127.0.0.1:0'"),
        (["up", "--grpc", "50051"], "--grpc '50051'"),
        (["runs", "export", "r", "-o", "x.xls"], "--output 'x.xls'"),
        (["runs"], "a command is missing; `loadcell runs` has "),
        (["bogus"], "bogus"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(tmp_path: Path, loadcell: Loadcell, arguments: list[str], says: str):
    done = loadcell(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--help"], ["run", "--help"], ["up", "-h"], ["runs", "--help"], ["runs", "export", "--help"]),
        *(
            ["agents", "--help"],
            ["demo", "--help"],
            ["calibrate", "--help"],
            ["mock-server", "--help"],
            ["--version"],
        ),
    ],
)
def test_help_has_no_warnings(loadcell: Loadcell, arguments: list[str]):
    done = loadcell(*arguments)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "loadcell" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 0, "Usage: loadcell"),
        (["run", "--help"], 0, "--concurrency"),
        (["bogus"], 2, "error: no such command 'bogus'"),
    ],
)
def test_the_command_is_what_the_tests_here_call(tmp_path: Path, arguments: list[str], code: int, says: str):
    done = started("-W", "error", "-m", "loadcell.cli", *arguments, home=tmp_path)
    said, silent = (done.stderr, done.stdout) if code else (done.stdout, done.stderr)
    assert (done.returncode, silent) == (code, "")
    assert says in said


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_the_mock_server_refuses_a_port_that_does_not_exist(loadcell: Loadcell, port: str):
    done = loadcell("mock-server", "--port", port)
    assert done.returncode == 2
    assert f"--port must be from 0 to 65535, not {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("-h", 0), ("--port", 2), ("now", 2)])
def test_services_take_no_arguments(capsys: pytest.CaptureFixture[str], argument: str, code: int):
    with pytest.raises(SystemExit) as ended:
        refuse_arguments("agent", [argument])
    said = capsys.readouterr()
    assert ended.value.code == code
    assert (said.err, said.out)[code == 0].startswith("usage: python -m agent [health]\n")
    assert (said.out, said.err)[code == 0] == ""
    assert "docs/settings.md" in said.out + said.err


@pytest.mark.parametrize("service", ["controller", "agent", "gateway"])
def test_a_service_that_is_given_arguments_says_its_usage_and_leaves_nothing(tmp_path: Path, service: str):
    done = started("-m", service, "now", home=tmp_path, **search_path())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"usage: python -m {service} [health]\n")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_full_is_told(tmp_path: Path):
    for arguments in (["run", "--help"], ["--version"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "loadcell.cli", *arguments],
                env={**os.environ, "LOADCELL_DATA_DIR": str(tmp_path)},
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=PATIENCE_SECONDS,
            )
        assert done.returncode == 1
        assert done.stderr == "error: cannot write to standard output: No space left on device\n"


def test_a_command_is_shown_as_it_can_be_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    script = tmp_path / "loadcell"
    script.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", "/none")
    assert command_line("runs", "show", "a b") == f"{script} runs show 'a b'"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_line("up") == "loadcell up"
    monkeypatch.setattr(sys, "argv", ["/x/loadcell/cli/__main__.py"])
    assert command_line("up") == f"{sys.executable} -m loadcell.cli up"
    assert with_place(None, None) == []
    assert with_place("h:1", "x.db") == ["--controller", "h:1", "--db", "x.db"]


def test_the_key_of_the_server_is_never_echoed(loadcell: Loadcell):
    for arguments in (["run", "--help"], ["run", "http://x", "-c", "0"]):
        done = loadcell(*arguments, LLM_API_KEY="sesame-open")
        assert "sesame-open" not in done.stdout + done.stderr


def test_a_controller_that_does_not_answer_is_exit_4(loadcell: Loadcell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = loadcell("runs", "list", "--controller", address)
    assert done.returncode == 4
    assert done.stderr == f"error: no controller answers at {address} within 3 s\n"


@pytest.mark.parametrize("name", ["LOADCELL_API_KEY", "LOADCELL_AGENT_TOKEN"])
@pytest.mark.parametrize("key", ["bad\nkey", "sch\u00e9"])
def test_a_key_that_cannot_be_sent_is_one_line_without_it(loadcell: Loadcell, name: str, key: str):
    done = loadcell("runs", "list", "--controller", "127.0.0.1:1", **{name: key})
    assert done.returncode == 2
    assert done.stderr == f"error: {name}=***: must be printable ASCII characters in one line\n"


def test_a_bad_setting_names_variable_and_value(loadcell: Loadcell):
    done = loadcell("up", LOADCELL_AGENTS="many")
    assert done.returncode == 2
    assert done.stderr.startswith("error: LOADCELL_AGENTS='many': ")


def test_a_data_directory_that_cannot_be_written_is_one_line(tmp_path: Path, loadcell: Loadcell):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = loadcell("runs", "list", LOADCELL_DATA_DIR=str(blocked / "below"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot use the data directory ")
    assert done.stderr.count("\n") == 1


def test_databases_are_named_without_credentials(tmp_path: Path):
    assert database_url("", tmp_path) == f"sqlite:///{tmp_path}/loadcell.db"
    assert database_url("/x/y.db", tmp_path) == "sqlite:////x/y.db"
    assert database_url("postgresql://u:p@h/d", tmp_path) == "postgresql://u:p@h/d"
    assert database_name("sqlite:////x/y.db") == "/x/y.db"
    assert database_name("postgresql://u:p@h/d") == "postgresql://h/d"


def test_command_to_go_on_with_shows_no_password():
    shown = with_place(None, "postgresql://u:s%40same@h:1/d?sslmode=require")
    assert shown == ["--db", "postgresql://u:***@h:1/d?sslmode=require"]
    for plain in ("x.db", "sqlite:////a:b@c/x.db", "postgresql://u@h/d"):
        assert with_place(None, plain) == ["--db", plain]


def test_nothing_heavy_is_loaded_before_our_processes_start(tmp_path: Path):
    heavy = ("grpc", "google.protobuf", "rich", "structlog", "numpy")
    program = f"import sys, loadcell.cli.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = started("-c", program, home=tmp_path, **search_path())
    assert done.stdout == "[]\n"


def test_the_help_of_calibrate_says_what_it_does(loadcell: Loadcell):
    text = " ".join(loadcell("calibrate", "--help").stdout.split())
    for word in ("ten seconds", "one worker", "requests per second", "data directory"):
        assert word in text.lower()
