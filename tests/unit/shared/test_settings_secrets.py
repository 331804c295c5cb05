"""Secrets of every process: hidden wherever settings are shown, and readable from a file."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest

from agent.settings import AgentSettings
from loadcell.secret_file import MOST_BYTES
from loadcell.settings import SettingInfo, SettingsError, describe, load
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


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pipe", "is no regular file"),
        ("link to a pipe", "is no regular file"),
        ("folder", "cannot be read: .*directory|is no regular file"),
        ("none", "cannot be read: .*No such file"),
        ("large", "is longer than 64 KiB"),
        ("binary", "cannot be read: .* it is to be text"),
        ("empty", "the file is empty"),
        ("two lines", "must be printable ASCII characters in one line"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused_by_its_variable(tmp_path: Path, name: str, why: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to a pipe").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    files = {"large": b"x" * (MOST_BYTES + 1), "binary": b"\xff\xfe", "empty": b" \n", "two lines": b"canary\nb\n"}
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    with pytest.raises(SettingsError, match=f"^LOADCELL_API_KEY_FILE={tmp_path}/{name}: ({why})") as refused:
        load(AgentSettings, {"LOADCELL_API_KEY_FILE": str(tmp_path / name)})
    assert "canary" not in str(refused.value)


def test_a_device_is_not_read_as_a_secret_and_a_link_is_followed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LOADCELL_API_KEY_FILE=/dev/zero: is no regular file"):
        load(AgentSettings, {"LOADCELL_API_KEY_FILE": "/dev/zero"})
    (tmp_path / "secret").write_text("one\n")
    (tmp_path / "link").symlink_to("secret")
    found = load(AgentSettings, {"LOADCELL_API_KEY_FILE": str(tmp_path / "link")})
    assert found == load(AgentSettings, {"LOADCELL_API_KEY": "one"})
