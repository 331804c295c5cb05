"""`loadcell demo`: the whole system, shown on a server without a model."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from loadcell.cli.carry_out import Showing, execute
from loadcell.cli.failure import EXIT_OK, EXIT_RUN_FAILED, CommandError
from loadcell.cli.session import Session, open_session, read_settings
from loadcell.cli.started_as import command_line
from loadcell.settings import Address, Secret
from loadcell.stack import Child, ChildError, is_free

LEVELS = (1, 10, 50)
REQUESTS_PER_LEVEL = 100
_MODEL = "demo-model"
_MOCK_FLAGS = ("--port", "0", "--model", _MODEL, "--ttft-ms", "20", "--itl-ms", "2", "--jitter", "0.3")
_PATIENCE_SECONDS = 60.0
_READY = "listening on "


def demo() -> int:
    """Show the whole system: a server without a model, a sweep over 1, 10 and 50 users, the result everywhere."""
    settings = read_settings()
    http, exporter = str(_free(settings.http)), str(_free(settings.exporter))
    with (
        _mock_server() as url,
        open_session(controller=None, agents=1, http=http, exporter=exporter, load_maker=True) as session,
    ):
        from loadcell.cli.measure import Order  # noqa: PLC0415 (our own processes start meanwhile)

        print(f"a server without a model answers at {url}", flush=True)
        fields = {
            "server_url": url,
            "concurrency": LEVELS,
            "num_prompts": REQUESTS_PER_LEVEL,
            "input_len": 64,
            "output_len": 24,
            "labels": {"demo": "true"},
        }
        outcome = execute(session, Order(fields, analyzed=True), Showing())
        if outcome.exit_code == EXIT_OK:
            _show_outside(session, outcome.run.run_id, exporter if session.stack is not None else "")
    return outcome.exit_code


@contextmanager
def _mock_server() -> Iterator[str]:
    with TemporaryDirectory(prefix="loadcell-") as folder:
        yield from _mock_server_logging_to(Path(folder) / "mock-server.log")


def _mock_server_logging_to(log: Path) -> Iterator[str]:
    try:
        server = Child("mock server", "loadcell.mockserver", {}, log, _MOCK_FLAGS)
    except OSError as error:
        raise CommandError(f"cannot start the mock server: {error}", EXIT_RUN_FAILED) from error
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _READY not in (text := log.read_text(encoding="utf-8")):
            server.check()
            if time.monotonic() > deadline:
                raise CommandError("the mock server does not become ready", EXIT_RUN_FAILED)
            time.sleep(0.01)
        yield text.partition(_READY)[2].split()[0]
    except ChildError as error:
        raise CommandError(str(error), EXIT_RUN_FAILED) from error
    finally:
        server.kill()


def _show_outside(session: Session, run_id: str, exporter: str) -> None:
    """Fetch the result over HTTP and the metrics as their readers would."""
    if not session.http:
        return
    base = f"http://{session.http}/api/v1/benchmark"
    document = json.loads(_fetch(f"{base}/result/{run_id}", "X-API-Key", session.api_key))
    print(f"over HTTP while the system is up: {base}/result/{run_id}")
    print(f"    {len(document['results'])} levels, {document['summary']['total_requests']} requests")
    if exporter:
        key = read_settings().exporter_key
        bearer = Secret(f"Bearer {key.reveal()}") if key else key
        lines = _fetch(f"http://{exporter}/metrics", "Authorization", bearer).decode().splitlines()
        families = {line.split()[2] for line in lines if line.startswith("# TYPE loadcell_")}
        print(f"in Prometheus while the system is up: http://{exporter}/metrics")
        print(f"    {len(families)} metrics of loadcell")
    print(f"start it for good with: {command_line('up')}")


def _fetch(url: str, header: str, credential: Secret) -> bytes:
    request = urllib.request.Request(url)  # noqa: S310 (http on this machine)
    if credential:
        request.add_header(header, credential.reveal())
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with direct.open(request, timeout=_PATIENCE_SECONDS) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise CommandError(f"{url} answers {error.code} {error.reason}", EXIT_RUN_FAILED) from error
        except OSError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"{url} does not answer: {error}", EXIT_RUN_FAILED) from error
            time.sleep(0.05)


def _free(wanted: Address) -> Address:
    """Return the wanted address, or a free port of its host when something else listens there."""
    if is_free(wanted):
        return wanted
    with socket.socket(socket.AF_INET6 if ":" in wanted.host else socket.AF_INET) as probe:
        try:
            probe.bind((wanted.host, 0))
        except OSError:
            raise CommandError(f"no port is free at {wanted.host}", EXIT_RUN_FAILED) from None
        return Address(wanted.host, probe.getsockname()[1])
