"""`python -m SERVICE health`: against real listeners, and against nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import agent.ready
import controller.ready
import gateway.ready
from agent.contact import Contact, contact_file
from loadcell.serving_tls import HttpTls, TlsFile
from loadcell.settings import Address
from loadcell.stack.child import search_path
from tests.free_ports import free_address, free_port
from tests.integration.security.certificates import Authority, serving
from tests.patience import PATIENCE_SECONDS

SAYS = ("controller: ", "gateway: ", "agent: ")


@pytest.fixture
def said(capsys):
    """Ask; return the exit status and the one line."""

    def ask(health, **environ: object) -> tuple[int, str]:
        status = health({name: str(value) for name, value in environ.items()})
        out, err = capsys.readouterr()
        # A controller in this process logs to the same place.
        (line,) = (line for line in (err if status else out).splitlines() if line.startswith(SAYS))
        return status, line

    return ask


@pytest.fixture
def of_controller(said):
    # The controller serves in the loop of the test.
    return lambda **environ: asyncio.to_thread(said, controller.ready.health, **environ)


async def test_a_controller_that_serves_is_ready(start, of_controller):
    found = await start()
    assert await of_controller(LOADCELL_GRPC=found.address) == (
        0,
        f"controller: ready, LOADCELL_GRPC={found.address}",
    )


async def test_a_controller_is_asked_on_its_unix_socket_whatever_tls_it_speaks_elsewhere(
    start, of_controller, ca, tmp_path
):
    pair, address = ca.pair("server"), Address("", 0, str(tmp_path / "socket"))
    await start(grpc=address, **serving(pair))
    status, _ = await of_controller(LOADCELL_GRPC=address, LOADCELL_TLS_CERT=pair.cert, LOADCELL_TLS_KEY=pair.key)
    assert status == 0


async def test_a_controller_on_all_addresses_is_asked_on_loopback_and_its_names_do_not_matter(
    start, of_controller, ca
):
    pair, port = ca.pair("server", "elsewhere.example"), free_port()
    await start(grpc=Address("127.0.0.1", port), **serving(pair))
    asked = {"LOADCELL_GRPC": f"0.0.0.0:{port}"}
    assert (await of_controller(**asked, LOADCELL_TLS_CERT=pair.cert, LOADCELL_TLS_KEY=pair.key))[0] == 0
    status, line = await of_controller(**asked)
    assert (status, "does not answer as gRPC does" in line) == (1, True)


async def test_a_controller_that_wants_certificates_is_shown_its_own_or_the_one_that_is_set(
    start, of_controller, ca, tmp_path
):
    pair, other = ca.pair("server"), Authority(tmp_path, "other")
    found = await start(tls=ca.trusted(ca.pair("me")), **serving(pair, ca.file))
    asked = {"LOADCELL_GRPC": found.address, "LOADCELL_TLS_CERT": pair.cert, "LOADCELL_TLS_KEY": pair.key}
    asked["LOADCELL_TLS_CLIENT_CA"] = ca.file
    assert (await of_controller(**asked))[0] == 0
    wrong = other.pair("wrong")
    shown = {"LOADCELL_TLS_CLIENT_CERT": wrong.cert, "LOADCELL_TLS_CLIENT_KEY": wrong.key}
    assert (await of_controller(**asked, **shown))[0] == 1
    right = ca.pair("right")
    shown = {"LOADCELL_TLS_CLIENT_CERT": right.cert, "LOADCELL_TLS_CLIENT_KEY": right.key}
    assert (await of_controller(**asked, **shown))[0] == 0


async def test_who_shows_a_wrong_certificate_without_a_word_of_it_is_told_what_to_set(
    start, of_controller, ca, tmp_path
):
    other = Authority(tmp_path, "other")
    pair = ca.pair("server")
    found = await start(tls=other.trusted(other.pair("me")), **serving(pair, other.file))
    status, line = await of_controller(
        LOADCELL_GRPC=found.address,
        LOADCELL_TLS_CERT=pair.cert,
        LOADCELL_TLS_KEY=pair.key,
        LOADCELL_TLS_CLIENT_CA=other.file,
    )
    assert (status, "set LOADCELL_TLS_CLIENT_CERT and LOADCELL_TLS_CLIENT_KEY" in line) == (1, True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the connection was closed"),
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "no answer of HTTP/2"),
        (b"\0\0\0\x04\0\0\0\0\0" * 32, "no answer of HTTP/2"),
        (b"\0\0\0\x04\0\0\0\0\0\0\0\0\x01\x05\0\0\0\x01", "takes no calls now"),
        (b"\0\0\x07\0\x01\0\0\0\x01\0\0\0\0\2\x08\x02", "takes no calls now"),
    ],
    ids=["nothing", "another protocol", "no end", "an error", "not serving"],
)
def test_what_is_no_controller_or_does_not_serve_is_not_ready(said, answer: bytes, reason: str):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(ConnectionError):
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass

        serving_thread = threading.Thread(target=serve)
        serving_thread.start()
        port = listening.getsockname()[1]
        status, line = said(controller.ready.health, LOADCELL_GRPC=f"127.0.0.1:{port}")
        serving_thread.join(PATIENCE_SECONDS)
    assert (status, reason in line) == (1, True), line


@contextmanager
def http_server(status: int, tls=None, service: str = "loadcell-gateway"):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "x", "service": service}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [(200, 0, "ready, LOADCELL_HTTP="), (503, 1, "LOADCELL_CONTROLLER, takes no calls"), (404, 1, "status 404")],
)
def test_a_gateway_is_as_ready_as_it_says(said, status: int, code: int, text: str):
    with http_server(status) as port:
        found, line = said(gateway.ready.health, LOADCELL_HTTP=f"0.0.0.0:{port}")
    assert (found, text in line) == (code, True)


def test_a_gateway_is_asked_over_tls_where_it_speaks_it(said, ca):
    pair = ca.pair("server", "elsewhere.example")
    tls = HttpTls(TlsFile("LOADCELL_HTTP_TLS_CERT", pair.cert), TlsFile("LOADCELL_HTTP_TLS_KEY", pair.key))
    with http_server(200, tls.context()) as port:
        asked = {"LOADCELL_HTTP": f"127.0.0.1:{port}"}
        assert said(gateway.ready.health, **asked, LOADCELL_HTTP_TLS_CERT=pair.cert)[0] == 0
        assert said(gateway.ready.health, **asked)[0] == 1


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        ({"LOADCELL_HTTP": "127.0.0.1:0"}, "port 0 is another one at every start; set one"),
        ({"LOADCELL_HTTP": "nowhere"}, "LOADCELL_HTTP='nowhere': must be host:port"),
    ],
)
def test_a_gateway_that_cannot_be_asked_is_not_ready(said, environ: dict[str, str], text: str):
    status, line = said(gateway.ready.health, **environ)
    assert (status, text in line) == (1, True)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_an_agent_with_a_port_is_asked_there(said, tmp_path, status: int, code: int):
    with http_server(status, service="loadcell-agent") as port:
        environ = {"LOADCELL_AGENT_METRICS": f"0.0.0.0:{port}", "LOADCELL_DATA_DIR": tmp_path}
        found, line = said(agent.ready.health, **environ)
    assert (found, "it is not with its controller 127.0.0.1:50051" in line) == (code, bool(code))


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("service", ["loadcell-controller", "", "an\nother"])
def test_what_answers_in_the_place_of_an_agent_is_not_taken_for_one(said, tmp_path, status: int, service: str):
    with http_server(status, service=service) as port:
        found, line = said(
            agent.ready.health, LOADCELL_AGENT_METRICS=f"127.0.0.1:{port}", LOADCELL_DATA_DIR=tmp_path
        )
    who = "loadcell-controller" if service == "loadcell-controller" else "another service"
    assert (found, f"is answered by {who}, which is no loadcell-agent" in line) == (1, True)


def test_an_agent_is_ready_while_its_controller_answers(said, tmp_path):
    environ = {"LOADCELL_DATA_DIR": tmp_path / "new", "LOADCELL_AGENT_ID": "a"}
    assert said(agent.ready.health, **environ)[0] == 1
    contact = Contact(contact_file(tmp_path / "new", "a"))
    contact.open()
    assert "has reached its controller" in said(agent.ready.health, **environ)[1]
    contact.begin(60.0)
    assert said(agent.ready.health, **environ) == (0, "agent: ready, with its controller 127.0.0.1:50051")
    contact.begin(0.0)
    time.sleep(0.01)
    status, line = said(agent.ready.health, **environ)
    assert (status, "has not heard from its controller 127.0.0.1:50051" in line) == (1, True)
    contact.close()
    assert list((tmp_path / "new").iterdir()) == []


def test_what_a_killed_agent_has_left_says_nothing(said, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(PATIENCE_SECONDS)
    contact_file(tmp_path, "a").write_text(f"{gone.pid} 60.000 {time.monotonic_ns()}")
    status, line = said(agent.ready.health, LOADCELL_DATA_DIR=tmp_path, LOADCELL_AGENT_ID="a")
    assert (status, "does not run any more" in line) == (1, True)


def test_where_nothing_can_be_written_contact_is_not_noted_and_nothing_fails(tmp_path):
    (tmp_path / "file").write_text("")
    contact = Contact(contact_file(tmp_path / "file", "a"))
    contact.open()
    contact.begin(1.0)
    contact.close()


PROGRAM = """
import runpy, sys
sys.argv = [sys.argv[1], "health"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    heavy = ("grpc", "asyncio", "structlog", "numpy", "sqlalchemy", "starlette")
    print(ended.code, [name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("service", ["controller", "gateway", "agent"])
def test_the_command_says_that_nobody_is_there_and_imports_little(tmp_path, service: str):
    address = free_address()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")}
    asked = {"LOADCELL_GRPC": address, "LOADCELL_HTTP": address, "LOADCELL_DATA_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, service],
        env={**kept, **search_path(), **asked},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.stdout == "1 []\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{service}: not ready: ")
    assert not (tmp_path / "none").exists()
