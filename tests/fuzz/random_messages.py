"""Messages of any type at random, plausible and hostile, from their descriptors alone."""

from __future__ import annotations

from collections import defaultdict, deque
from random import Random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

PLAUSIBLE = (
    "now", "now-1h", "now-7d", "2026-09-21T00:00:00Z", "2026-12-01T00:00:00+01:00", "2026-09-21",
    "default", "p1", "p2", "m", "gpt-4o", "openai", "openai-completions", "custom", "production", "u1", "s",
    "http://127.0.0.1:9", "http://[::1]:9/v1", "https://127.0.0.1:9",
    "csv", "json", "jsonl", "html", "xlsx", "parquet", "none", "gzip", "zip", "zstd",
    "admin", "developer", "viewer", "billing", "read", "write", "runs:read", "*:read", "*", "keys:write",
    "1min", "5min", "1hour", "1day", "raw", "avg", "sum", "count", "p95", "request_count", "duration",
    "provider", "model", "environment", "user", "team", "tag", "user_id", "session_id", "status_code",
    "eq", "ne", "in", "not_in", "gt", "lte", "contains", "regex", "search", "between", "exists", "and", "not",
    "daily", "monthly", "yearly", "absolute", "percentage", "next_week", "custom", "previous", "interpolate",
    "trace_created", "run_state", "export_job_status", "system_alert", "pending", "completed", "failed",
    "ts", "duration_ms", "total_cost_usd", "tags", "attributes.team", "asc", "desc", "OK", "ERROR",
    "2b1d6f8e-1c0a-4d57-9a43-0f3c5b7a9e11", "f" * 32, "0" * 64, "RunService/CreateRun",
)  # fmt: skip
HOSTILE = (
    "", " ", "\0", "a\0b", "'", "' OR '1'='1", "'; DROP TABLE traces; --", "%", "_", "\\", "%s%(x)s:y?1{}", ",,a",
    "../../etc/passwd", "\u202e\ufffe\U0001f600é", "\r\nx-api-key: x", "\x1b[31m", "-1", "NaN", "1e400", "null",
    "now-99999999999w", "now+1h", "9999-12-31T23:59:59.999999999-23:59", "0001-01-01T00:00:00+23:59", "0000-00-00",
    "file:///etc/passwd", "http://", "http://a b", "http://169.254.169.254/", "http://user:pw@127.0.0.1:9",
    "http://127.0.0.1:99999", "http://[::ffff:169.254.169.254]", "(a+)+$", "[[:alpha:]]{255}{255}", "(" * 500,
    "eyJhIjoxfQ", "AAAA", "a.b.c", "lc_live_x", "lc_refresh_x", "[" * 1_000, "{}", "x" * 129, "x" * 70_000,
)  # fmt: skip
NUMBERS = (
    0.0,
    -0.0,
    1.0,
    0.5,
    -1.0,
    95.0,
    1e-9,
    1e9,
    1e308,
    -1e308,
    5e-324,
    float("nan"),
    float("inf"),
    -float("inf"),
)
INTEGERS = (0, 1, 2, 7, 50, 100, 1_000, 86_400, -1, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))
MOST_LEARNT = 50  # texts of a field
_Type = FieldDescriptor


class RandomMessages:
    """Makes messages. What was learnt from answers, identifiers above all, comes again in fields of that name."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._learnt: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MOST_LEARNT))

    def make(self, descriptor: Descriptor, start: dict[str, Any] | None = None) -> Message:
        """Return a message; with a start, which is a usable one, little of it is changed."""
        message: Message = GetMessageClass(descriptor)(**(start or {}))
        share = self._random.choice((0.0, 0.05, 0.2) if start else (0.05, 0.2, 0.5, 0.9))
        self._fill(message, share, depth=4)
        return message

    def learn(self, message: Message) -> None:
        """Keep the texts of an answer."""
        for field, value in message.ListFields():
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                for inner in list(value)[:5] if field.is_repeated else [value]:
                    self.learn(inner)
            elif field.type == _Type.TYPE_STRING and not field.is_repeated and len(value) < 1_000:
                # A budget calls its own identifier id, and who asks for one calls it budget_id.
                name = f"{message.DESCRIPTOR.name.lower()}_id" if field.name == "id" else field.name
                self._learnt[name].append(value)

    def _fill(self, message: Any, share: float, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            known = field.name.endswith("_id") and field.name in self._learnt
            if self._random.random() >= (max(share, 0.7) if known else share):
                continue
            nested = field.message_type
            if nested is not None and nested.GetOptions().map_entry:
                self._fill_map(getattr(message, field.name), nested, share, depth)
            elif field.is_repeated:
                values = getattr(message, field.name)
                for _ in range(self._random.choice((1, 1, 2, 3, 20, 300 if nested is None else 3))):
                    if nested is None:
                        values.append(self._scalar(field))
                    elif depth:
                        self._fill(values.add(), share, depth - 1)
            elif nested is None:
                setattr(message, field.name, self._scalar(field))
            elif depth:
                inner = getattr(message, field.name)
                inner.SetInParent()
                self._fill(inner, max(share, 0.5), depth - 1)

    def _fill_map(self, entries: Any, entry: Descriptor, share: float, depth: int) -> None:
        value = entry.fields_by_name["value"]
        for _ in range(self._random.choice((1, 2, 100))):
            key = self._scalar(entry.fields_by_name["key"])
            if value.message_type is None:
                entries[key] = self._scalar(value)
            elif depth:
                self._fill(entries[key], share, depth - 1)

    def _scalar(self, field: FieldDescriptor) -> Any:
        random, kind = self._random, field.cpp_type
        if kind == _Type.CPPTYPE_BOOL:
            return random.random() < 0.5
        if kind in (_Type.CPPTYPE_DOUBLE, _Type.CPPTYPE_FLOAT):
            return random.choice(NUMBERS)
        if kind == _Type.CPPTYPE_ENUM:
            return random.choice([0, 1, 2, 3, 4, 99, -1])
        if field.type == _Type.TYPE_BYTES:
            return random.randbytes(random.choice((0, 1, 64, 64, 100_000)))
        if kind == _Type.CPPTYPE_STRING:
            return self._text(field.name)
        return self._integer(kind)

    def _integer(self, kind: int) -> int:
        bits = 31 if kind in (_Type.CPPTYPE_INT32, _Type.CPPTYPE_UINT32) else 63
        least = -(2**bits) if kind in (_Type.CPPTYPE_INT32, _Type.CPPTYPE_INT64) else 0
        return min(max(self._random.choice(INTEGERS), least), 2**bits - 1)

    def _text(self, name: str) -> str:
        random, learnt = self._random, self._learnt.get(name)
        chance = random.random()
        if learnt and chance < (0.7 if name.endswith("_id") else 0.5):
            return random.choice(learnt)
        if chance < 0.8:
            return random.choice(PLAUSIBLE)
        if chance < 0.97:
            return random.choice(HOSTILE)
        return "".join(
            chr(random.choice((random.randrange(1, 0xD800), random.randrange(32, 127)))) for _ in range(40)
        )
