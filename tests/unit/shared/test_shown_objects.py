"""No object of ours shows a secret when it is printed: not in a log, not in a traceback, not in a failed test."""

from __future__ import annotations

import dataclasses
import gc
import importlib
import pkgutil
import re
import sys
from types import ModuleType

import pytest
from msgspec import Struct

import agent
import controller
import gateway
import loadcell
from agent.worker.messages import Guard, Level, Prepare, Target, Workload

# A text of such a name is a secret; identifiers, hashes and sealed ones are not.
_SECRET = re.compile(r"(^|_)(api_key|token|secret|password|credential|headers)$")
_PLAIN = {"str", "bytes", "str | None", "dict[str, str]"}
_NOT_IMPORTED = re.compile(r"__main__|\.migrations\.|_pb2")


# What `loadcell.quick_start`, which is imported with the processes, hides from them: other tests draw with it.
_HIDDEN = ("rich", "httpx._main")


def modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    shown = {name: sys.modules[name] for name in _HIDDEN if name in sys.modules}
    try:
        return [importlib.import_module(one.name) for one in found if not _NOT_IMPORTED.search(one.name)]
    finally:
        for name in _HIDDEN:
            sys.modules.pop(name, None)
        sys.modules.update(shown)
        gc.enable()


def _type(field: dataclasses.Field[object]) -> str:
    return field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))


@pytest.mark.parametrize("package", [agent, controller, gateway, loadcell])
def test_no_dataclass_shows_a_secret(package: ModuleType) -> None:
    classes = {
        one
        for module in modules(package)
        for one in vars(module).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one)
    }
    assert len(classes) > 5
    assert [
        f"{one.__module__}.{one.__qualname__}.{field.name}"
        for one in classes
        for field in dataclasses.fields(one)
        if _SECRET.search(field.name) and _type(field) in _PLAIN and field.repr
    ] == []


def test_what_workers_are_told_shows_no_secret() -> None:
    target = Target("http://h", "openai", "m", "canary-key", {"x-team": "canary-header"}, True, 1, True, True)
    assert isinstance(target, Struct)
    told = Prepare(
        "1",
        target,
        Level(0, 1, 0.0, False, 0, 1, 0, 0),
        Workload(1, 1, 0, 1.0, "", ""),
        0,
        1,
        0,
        1,
        False,
        Guard(),
    )
    assert "canary" not in repr(told)
    assert "http://h" in repr(told)
