"""The images, built by the steps of the Dockerfile without Docker, and started as their user who owns nothing."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import loadcell
from scripts.images.__main__ import DOCKERFILE, ROOT, TARGETS
from scripts.images.building import Builder
from scripts.images.dockerfile import image, read
from scripts.images.running import Container, interpreter
from tests.deploy.test_locks import NOT_FOR_AGENTS, locked, version
from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS, first_line

pytestmark = pytest.mark.timeout(600)  # packages are installed, with whatever index there is

USER = 1000
KEY = "k" * 40
STAGES = read(DOCKERFILE.read_text())


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the user of the images may enter, which that of pytest is not."""
    folder = Path(tempfile.mkdtemp(prefix="loadcell-images-"))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)  # many files, in a third of the time of shutil


@pytest.fixture(scope="module")
def roots(folder: Path) -> dict[str, Path]:
    """The images as folders."""
    builder = Builder(STAGES, ROOT, folder / "built", interpreter(USER))
    return {target: builder.build(target) for target in TARGETS}


class System:
    """Containers on one network, which is the loopback of this machine."""

    def __init__(self, folder: Path, roots: dict[str, Path]) -> None:
        self._folder, self._roots = folder, roots
        self.grpc, self.http, self.exporter, self.mock = (free_port() for _ in range(4))
        self.stack = ExitStack()
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def container(self, target: str, name: str = "", **given: str) -> Container:
        """A container with a volume of its own."""
        found = Container(image(STAGES, target), self._roots[target], self._folder / (name or target), given)
        found.prepare()
        return found

    @cached_property
    def controller(self) -> Container:
        return self.container(
            "controller",
            LOADCELL_GRPC=f"0.0.0.0:{self.grpc}",
            LOADCELL_CONTROLLER_METRICS=f"0.0.0.0:{free_port()}",
            LOADCELL_API_KEY=KEY,
        )

    @cached_property
    def gateway(self) -> Container:
        return self.container(
            "gateway",
            LOADCELL_CONTROLLER=f"127.0.0.1:{self.grpc}",
            LOADCELL_HTTP=f"0.0.0.0:{self.http}",
            LOADCELL_EXPORTER=f"0.0.0.0:{self.exporter}",
            LOADCELL_EXPORTER_KEY=KEY,
            LOADCELL_API_KEY=KEY,
        )

    @cached_property
    def agent(self) -> Container:
        return self.container(
            "agent",
            LOADCELL_CONTROLLER=f"127.0.0.1:{self.grpc}",
            LOADCELL_AGENT_METRICS=f"0.0.0.0:{free_port()}",
            LOADCELL_API_KEY=KEY,
            LOADCELL_WORKERS="1",
        )

    @cached_property
    def cli(self) -> Container:
        return self.container("cli", LOADCELL_CONTROLLER=f"127.0.0.1:{self.grpc}", LOADCELL_API_KEY=KEY)

    @contextmanager
    def started(self, name: str) -> Iterator[None]:
        """Run a container until it is healthy, and to its end afterwards."""
        container: Container = getattr(self, name)
        process = self.processes[name] = container.start()
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not container.healthy():
                assert process.poll() is None, f"{name} has ended with {process.returncode}"
                assert time.monotonic() < until, f"{name} has not become healthy"
            yield
        finally:
            if process.poll() is None:
                container.stop(process)


@pytest.fixture(scope="module")
def system(folder: Path, roots: dict[str, Path]) -> Iterator[System]:
    """All of them, healthy."""
    system = System(folder / "volumes", roots)
    with ExitStack() as running:
        for name in ("controller", "gateway", "agent"):
            running.enter_context(system.started(name))
        yield system


def contents(root: Path) -> dict[str, tuple[int, int]]:
    """Every file of a root, with its size and when it was written last."""
    return {str(path): (found.st_size, found.st_mtime_ns) for path in root.rglob("*") if (found := path.lstat())}


def distributions(root: Path) -> dict[str, str]:
    """What is installed in an image, with versions."""
    (packages,) = (root / "opt/loadcell/lib").glob("python3.*/site-packages")
    named = (path.name.removesuffix(".dist-info").split("-") for path in packages.glob("*.dist-info"))
    return {canonicalize_name(name): number for name, number in named}


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_what_is_locked_and_loadcell_and_nothing_else(target: str, roots: dict[str, Path]):
    lock = locked("all" if target == "cli" else target)
    python = [roots[target] / "opt/loadcell/bin/python", "-c", "import platform; print(platform.python_version())"]
    patch = subprocess.check_output(python, text=True).strip()
    here = [one for one in lock if one.marker is None or one.marker.evaluate({"python_full_version": patch})]
    expected = {canonicalize_name(one.name): version(one) for one in here} | {"loadcell": loadcell.__version__}
    assert distributions(roots[target]) == expected


def test_the_image_of_the_agent_has_no_database_and_no_web(roots: dict[str, Path]):
    assert distributions(roots["agent"]).keys() & NOT_FOR_AGENTS == set()


@pytest.mark.parametrize("target", TARGETS)
def test_the_user_of_an_image_can_change_nothing_but_its_data(target: str, roots: dict[str, Path]):
    root = roots[target]
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another user: whoever builds the images here owns them")
    theirs = [path for path in root.rglob("*") if path.lstat().st_uid == USER]
    assert theirs == [root / "data"]
    assert stat.S_IMODE((root / "data").stat().st_mode) == 0o700
    open_to_all = [path for path in root.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o002]
    assert open_to_all == []


@pytest.mark.parametrize("name", ["controller", "gateway", "agent"])
def test_W7_the_health_check_fails_where_nothing_runs(name: str, folder: Path, roots: dict[str, Path]):
    alone = System(folder / "alone", roots)
    assert not getattr(alone, name).healthy()


def test_images_serve_nobody_without_a_credential(folder: Path, roots: dict[str, Path]):
    alone = System(folder / "refused", roots)
    for target, setting in (("controller", "LOADCELL_API_KEY"), ("gateway", "LOADCELL_EXPORTER_KEY")):
        done = alone.container(target).run()
        assert done.returncode == 2, done.stderr
        assert setting in done.stderr.splitlines()[-1]


def test_a_run_goes_through_all_images_and_leaves_nothing_outside_of_the_volumes(
    system: System, roots: dict[str, Path]
):
    before = {target: contents(root) for target, root in roots.items()}
    # As in docker-compose.yml: the server without a model is in the image of the agent.
    serving = system.agent.start(
        ["python", "-m", "loadcell.mockserver", f"--port={system.mock}", "--ttft-ms=1"], to=subprocess.PIPE
    )
    with serving:
        assert first_line(serving)
        target = f"http://127.0.0.1:{system.mock}"
        done = system.cli.run(["loadcell", "run", target, "--concurrency=2", "--num-prompts=10", "--json"])
        assert done.returncode == 0, done.stderr
        run_id = json.loads(done.stdout)["run_id"]
        system.agent.stop(serving)
    shown = system.cli.run(["loadcell", "runs", "show", run_id, "--json"])
    assert json.loads(shown.stdout)["run_id"] == run_id
    assert {target: contents(root) for target, root in roots.items()} == before
    if os.geteuid() == 0:
        kept = [path for name in ("controller", "agent") for path in getattr(system, name).volume.rglob("*")]
        assert kept
        assert {path.lstat().st_uid for path in kept} == {USER}


@pytest.mark.parametrize("name", ["controller", "gateway", "agent"])
def test_every_image_has_the_command_line_to_check_its_settings(name: str, system: System):
    done = getattr(system, name).run(["loadcell", "config", "check", name])
    assert done.returncode == 0, done.stderr


def test_processes_belong_to_the_user_of_the_image(system: System):
    expected = USER if os.geteuid() == 0 else os.geteuid()
    for process in system.processes.values():
        assert Path(f"/proc/{process.pid}").stat().st_uid == expected
        assert Path(f"/proc/{process.pid}/cwd").stat().st_mode & 0o222 == 0


@pytest.mark.parametrize("name", ["agent", "gateway", "controller"])
def test_the_stop_signal_ends_an_image_in_good_order(name: str, system: System):
    assert getattr(system, name).stop(system.processes[name]) == 0
    assert not getattr(system, name).healthy()
