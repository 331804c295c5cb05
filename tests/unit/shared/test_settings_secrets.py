"""Secrets of every process: hidden wherever settings are shown, and readable from a file."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from loadcell.settings import SettingInfo, describe, load
from scripts.reference import settings_classes

# What is in a variable of such a name is a secret, unless it is the path of a file or an identifier.
_SOUNDS_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL|REDIS_URL")
_SOUNDS_ONLY = {
    "LOADCELL_TLS_KEY",
    "LOADCELL_TLS_CLIENT_KEY",
    "LOADCELL_HTTP_TLS_KEY",
    "LOADCELL_JWT_KEYS",
    "LOADCELL_EXPORT_S3_KEY_ID",
    "LOADCELL_REQUIRE_AGENT_TOKEN",
    "LOADCELL_TOKEN_SECONDS",
    "LOADCELL_GRAPHQL_MAX_TOKENS",
    "LOADCELL_ANALYSIS_TOKENS",
    "LOADCELL_URL_TOKENS",
}
_CANARY = "canary" * 8
_ACCEPTED = {
    "LOADCELL_SECRET_KEY": "Y2FuYXJ5" * 5 + "Y2E=",  # 32 bytes in base64
    "LOADCELL_DATABASE_URL": f"postgresql://me:{_CANARY}@127.0.0.1/d",
    "LOADCELL_REDIS_URL": f"redis://me:{_CANARY}@127.0.0.1",
}
CLASSES = [cls for _, cls in settings_classes()]
HIDDEN = [
    pytest.param(cls, info, id=f"{process}-{info.names[0]}")
    for process, cls in settings_classes()
    for info, _ in describe(cls)
    if info.hidden
]


@pytest.mark.parametrize("cls", CLASSES)
def test_what_sounds_like_a_secret_is_hidden(cls: type[Any]) -> None:
    found = [info for info, _ in describe(cls) if _SOUNDS_SECRET.search(info.names[0])]
    assert found
    shown = {info.names[0] for info in found if not info.hidden}
    assert shown <= _SOUNDS_ONLY


@pytest.mark.parametrize(("cls", "info"), HIDDEN)
def test_a_secret_is_in_no_repr_and_may_be_in_a_file(cls: type[Any], info: SettingInfo, tmp_path: Path) -> None:
    value = _ACCEPTED.get(info.names[0], _CANARY)
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    for name in info.names:
        given = load(cls, {name: value})
        assert load(cls, {f"{name}_FILE": str(file)}) == given != load(cls, {})
        for text in (repr(given), str(given), *(repr(getattr(given, f.name)) for f in dataclasses.fields(cls))):
            assert value not in text
            assert _CANARY not in text
