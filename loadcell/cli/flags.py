"""Values of flags that are small languages of their own: pure parsers whose errors name the flag and the value."""

import math
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from loadcell.cli.failure import CommandError
from loadcell.protocol import MAX_AGENTS, MAX_CONCURRENCY, MAX_RATE
from loadcell.target_url import parse_target_url

DocumentForm = Literal["json", "csv", "xlsx", "html"]
FORMATS: dict[str, DocumentForm] = {".json": "json", ".csv": "csv", ".xlsx": "xlsx", ".html": "html"}
_COUNT_NAMES = ("count", "agents", "agent_count")  # and what is nearly so


def parse_concurrency(text: str, flag: str = "--concurrency") -> list[int]:
    """Parse "1,10,50": whole numbers from 1 to 100,000.

    Raises:
        CommandError: Names the flag and the value.
    """
    levels = []
    for part in _parts(flag, text, "1,10,50"):
        level = _whole(part)
        if not 1 <= level <= MAX_CONCURRENCY:
            raise CommandError(f"{flag} {text!r}: {part!r} is not a whole number from 1 to {MAX_CONCURRENCY}")
        levels.append(level)
    return levels


def parse_rate(text: str) -> list[float]:
    """Parse "100,200.5": arrivals per second above 0 and at most 10,000,000; the controller asks for one a day.

    Raises:
        CommandError: Names the flag and the value.
    """
    levels = []
    for part in _parts("--rate", text, "100,200"):
        rate = _number(part)
        if not 0 < rate <= MAX_RATE:
            raise CommandError(f"--rate {text!r}: {part!r} is not a number above 0 and at most {MAX_RATE}")
        levels.append(rate)
    return levels


def parse_goodput(text: str) -> dict[str, float]:
    """Parse "ttft:500,tpot:50,e2e:3000" (milliseconds) into the fields of GoodputThresholds.

    Raises:
        CommandError: Names the flag and the value.
    """
    thresholds: dict[str, float] = {}
    for part in _parts("--goodput", text, "ttft:500,tpot:50,e2e:3000"):
        name, _, value = part.partition(":")
        field = f"{name.strip().lower()}_ms"
        if field not in {"ttft_ms", "tpot_ms", "e2e_ms"}:
            raise CommandError(f"--goodput {text!r}: {name!r} is not one of ttft, tpot, e2e")
        if field in thresholds:
            raise CommandError(f"--goodput {text!r}: {name!r} is given twice")
        milliseconds = _number(value)
        if not milliseconds > 0:
            raise CommandError(f"--goodput {text!r}: {value!r} is not a number of milliseconds above 0")
        thresholds[field] = milliseconds
    return thresholds


def parse_labels(texts: Sequence[str]) -> dict[str, str]:
    """Parse repeated "key=value".

    Raises:
        CommandError: Names the flag and the value.
    """
    labels: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise CommandError(f"--label {text!r}: is not of the form key=value")
        if key.strip() in labels:
            raise CommandError(f"--label {text!r}: {key.strip()!r} is given twice")
        labels[key.strip()] = value.strip()
    return labels


def parse_agents(text: str) -> tuple[int | None, dict[str, str]]:
    """Parse "3" or "region=eu,zone=a,count=3" into how many agents (None: not said) and the labels they must have.

    Raises:
        CommandError: Names the flag and the value.
    """
    parts = _parts("--agents", text, "3 or --agents region=eu,count=3")
    if len(parts) == 1 and _is_whole(parts[0]):
        return _count(text, parts[0]), {}
    count: int | None = None
    labels: dict[str, str] = {}
    for part in parts:
        key, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator or not key:
            raise CommandError(f"--agents {text!r}: {part!r} is not of the form key=value{_meant(part)}")
        if key in labels or (key == "count" and count is not None):
            raise CommandError(f"--agents {text!r}: {key!r} is given twice")
        if key == "count":
            count = _count(text, value)
        elif _is_whole(value) and get_close_matches(key.casefold(), _COUNT_NAMES, cutoff=0.8):
            raise CommandError(f"--agents {text!r}: {key!r} is no label to ask for; write count={value}")
        else:
            labels[key] = value
    return count, labels


def _meant(part: str) -> str:
    if _is_whole(part):
        return f"; write count={part}"
    key, separator, value = part.partition(":")
    return f"; write {key.strip()}={value.strip()}" if separator and key.strip() else ""


def _count(text: str, value: str) -> int:
    count = _whole(value)
    if not 1 <= count <= MAX_AGENTS:
        raise CommandError(f"--agents {text!r}: {value!r} is not a whole number from 1 to {MAX_AGENTS}")
    return count


def check_seconds(flag: str, value: float | None, low: float, high: float) -> None:
    """Refuse a time span outside its range, which includes both ends.

    Raises:
        CommandError: Names the flag and the value.
    """
    if value is not None and not low <= value <= high:  # false for what is no number
        raise CommandError(f"{flag} {value:g}: must be from {low:g} to {high:,.0f} seconds")


def parse_server(positional: str | None, option: str | None) -> str:
    """Return the one base URL that was given.

    Raises:
        CommandError: None or two were given, or it is not an http or https URL.
    """
    if positional and option and positional != option:
        raise CommandError("two servers are given, as URL and as --server; give one")
    text = positional or option
    if not text:
        raise CommandError(
            "no server is given; name its base URL, for example: loadcell run http://127.0.0.1:8000"
        )
    try:
        parse_target_url(text)
    except ValueError as error:
        # Credentials in a URL must not get from the terminal into a log.
        shown = "" if "@" in text else f" {text!r}"
        raise CommandError(f"URL{shown} {error}") from None
    return text


def parse_output(path: Path | None) -> DocumentForm | None:
    """Return the form of a result that the ending of a file asks for, None without a file.

    Raises:
        CommandError: Another ending.
    """
    if path is None:
        return None
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise CommandError(f"--output {str(path)!r}: the ending must be one of {', '.join(FORMATS)}")
    return name


def _parts(flag: str, text: str, example: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise CommandError(f"{flag} {text!r}: an entry is empty; write for example {flag} {example}")
    return parts


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # also for thousands of digits
        return 0


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
