"""The files of the dashboard: complete, in every language, with nothing in them that a strict policy refuses."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from gateway.web.assets import imported_by, read_assets
from tests.node_path import node_path

ASSETS = read_assets()
MODULES = {path: asset.content.decode() for path, asset in ASSETS.files.items() if path.endswith(".js")}
SHEETS = {path: asset.content.decode() for path, asset in ASSETS.files.items() if path.endswith(".css")}
MOST_BYTES = 150_000
_IMPORTED_LATER = re.compile(r'import\("(\.[^"]+)"\)')
_COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", re.MULTILINE)
_KEYS = """
const found = {};
for (const path of process.argv.slice(1)) {
  const { en, ko } = await import(path);
  found[path] = { en, ko };
}
console.log(JSON.stringify(found));
"""


def test_what_is_loaded_before_the_first_page_shows_is_small() -> None:
    initial = ASSETS.initial_modules()
    assert initial[0] == "app/main.js"
    first_page = "app/" + _IMPORTED_LATER.findall(MODULES["app/pages.js"])[0].removeprefix("./")
    loaded = {*initial, *ASSETS.needed_by(first_page)}
    assert first_page not in initial
    assert sum(len(MODULES[path].encode()) for path in loaded) <= MOST_BYTES


@pytest.mark.parametrize("path", sorted(MODULES))
def test_every_module_that_is_imported_is_there(path: str) -> None:
    later = [f"app/{name.removeprefix('./')}" for name in _IMPORTED_LATER.findall(MODULES[path])]
    assert {*imported_by(path, MODULES[path]), *later} <= MODULES.keys()


@pytest.mark.parametrize("path", sorted(MODULES))
def test_modules_parse_no_html_and_no_code_and_go_nowhere(path: str) -> None:
    source = _COMMENT.sub("", MODULES[path])
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", source
    )
    assert not re.search(r"""["'`](?:https?:)?//[a-z]""", source.replace("http://www.w3.org/2000/svg", ""))
    assert not re.search(r"setAttribute\(\s*[\"']style", source)


@pytest.mark.parametrize("path", sorted(SHEETS))
def test_sheets_load_nothing(path: str) -> None:
    assert not re.search(r"@import|url\(", SHEETS[path])


def test_the_document_has_no_line_of_script_or_style() -> None:
    text = resources.files("gateway.web").joinpath("index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)


def test_every_text_is_there_in_every_language_with_the_same_places() -> None:
    with resources.as_file(resources.files("gateway.web").joinpath("app/texts")) as folder:
        files = sorted(str(path) for path in Path(folder).glob("*.js"))
        command = [node_path(), "--input-type=module", "--no-warnings", "-e", _KEYS, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    for path, languages in json.loads(done.stdout).items():
        english, korean = languages["en"], languages["ko"]
        assert english.keys() == korean.keys(), path
        for key in english:
            assert _places(english[key]) == _places(korean[key]), (path, key)
            assert korean[key], (path, key)


@pytest.mark.parametrize("path", sorted(path for path in MODULES if "/texts/" not in path))
def test_every_text_that_is_asked_for_is_there(path: str) -> None:
    source = _COMMENT.sub("", MODULES[path])
    texts = [name for name in imported_by(path, source) if "/texts/" in name]
    keys = set(re.findall(r'\bt\("([^"]+)"', source))
    known = "\n".join(MODULES[name] for name in texts)
    missing = {key for key in keys if not re.search(rf'^  "?{re.escape(key)}"?: ', known, re.MULTILINE)}
    assert not missing


def _places(text: str | list[str]) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", " ".join([text] if isinstance(text, str) else text)))
