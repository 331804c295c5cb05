"""What the requests of a run are filed under: project, provider, environment and the like."""

from __future__ import annotations

from controller.store.contexts import DEFAULT_ENVIRONMENT, DEFAULT_PROJECT, DEFAULT_PROVIDER
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2

# Characters at most, and the default of those that are never empty.
_NAMES = {"project_id": DEFAULT_PROJECT, "provider": DEFAULT_PROVIDER, "environment": DEFAULT_ENVIRONMENT}
MAX_NAME = 128
_OTHERS = {"service_name": 128, "user_id": 256, "session_id": 256}
MAX_TAGS, MAX_TAG = 32, 64


def file_under(request: run_pb2.CreateRunRequest, config: result_pb2.RunConfig) -> None:
    """Copy these fields of a request, checked and with their defaults.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE or LIMIT_EXCEEDED with the name of the field.
    """
    for name, default in _NAMES.items():
        setattr(config, name, _text(name, getattr(request, name), MAX_NAME) or default)
    for name, longest in _OTHERS.items():
        setattr(config, name, _text(name, getattr(request, name), longest))
    tags = sorted(set(request.tags))
    if len(tags) > MAX_TAGS:
        raise LoadcellError("LIMIT_EXCEEDED", f"tags has {len(tags)} entries, at most {MAX_TAGS}", field="tags")
    for tag in tags:
        if not tag or "," in tag:
            raise LoadcellError("INVALID_FIELD_VALUE", f"tag {tag!r} is empty or has a comma", field="tags")
        config.tags.append(_text("tags", tag, MAX_TAG))
    config.record_texts = request.record_texts


def _text(name: str, value: str, longest: int) -> str:
    if len(value) > longest or not value.isprintable():
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{name} {value[:64]!r} must have at most {longest} characters, all of them printable",
            field=name,
        )
    return value
