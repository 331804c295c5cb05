"""What is said of docker-compose.yml: commands, ports and secrets that there are."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.deploy.compose_file import (
    FILE,
    OURS,
    ROOT,
    SERVICES,
    stack,
)


def documented() -> list[list[str]]:
    """Every command of Docker Compose on any page, in its words."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), FILE]
    text = "\n".join(page.read_text() for page in pages)
    shown = re.findall(r"docker compose [^`\n]*", re.sub(r"\\\n\s*", "", text))
    return [shlex.split(re.split(r" {2,}", line)[0].rstrip(":.,")) for line in shown]


@pytest.mark.parametrize("words", [one for one in documented() if len(one) > 2], ids=" ".join)
def test_documented_commands_name_what_there_is(words: list[str]):
    profiles = [words[at + 1] for at, word in enumerate(words) if word == "--profile"]
    assert set(profiles) <= {"*"} | {profile for service in SERVICES for profile in service.profiles}
    rest = [word for at, word in enumerate(words[2:], 2) if word != "--profile" and words[at - 1] != "--profile"]
    command, *named = rest
    assert command in ("up", "down", "stop", "run", "exec", "logs", "cp")
    names = [word.partition(":")[0] for word in named if not word.startswith("-")]
    for one in names[:1] if command in ("run", "exec", "cp") else names:
        assert one in stack().services


def test_every_port_that_is_documented_is_published():
    text = (ROOT / "docs" / "compose.md").read_text()
    published = {outside for service in SERVICES for _, outside, _ in service.ports}
    assert {
        int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)|port (\d+)", text) for port in port if port
    } <= published


def test_the_page_names_every_secret_that_cannot_stand_in_the_environment_as_well():
    page = (ROOT / "docs" / "compose.md").read_text()
    (sentence,) = re.findall(r"cannot be given there as a plain variable(.*?)\. ", page, re.DOTALL)
    of_files = {name for one in OURS for name in one.environment if name.endswith("_FILE")}
    assert set(re.findall(r"`(LOADCELL_\w+)`", sentence)) == {name.removesuffix("_FILE") for name in of_files}
