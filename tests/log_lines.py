"""Whether lines of a log are as docs/logs.md says."""

from __future__ import annotations

import json
import re
from typing import Any

from loadcell import logs
from scripts.log_events import log_events

_EVERY = {"timestamp", "level", "log_level", "service", "event"}
_ALSO = {"request_id", "exception"}
_OF_REQUESTS = {"method", "path"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def documented_lines(text: str) -> list[dict[str, Any]]:
    """Parse lines, each of which must be an event that is documented, with no fields but its own."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert line.keys() >= _EVERY, line
        assert line["level"] == line["log_level"], line
        assert line["level"] in logs.LEVELS, line
        assert _INSTANT.fullmatch(line["timestamp"]), line
        event = log_events()[line["event"]]
        assert event.services & {line["service"], "all"}, line
        assert line["level"] in event.levels, line
        if not event.has_more:
            of_requests = _OF_REQUESTS if line["service"] == "gateway" else set()
            assert line.keys() <= _EVERY | _ALSO | of_requests | event.fields, line
    return lines
