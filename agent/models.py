"""Asks a server which models it serves."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from agent.engine.route import Route
from agent.fetching import fetch
from agent.targets.dialect import Dialect
from loadcell.errors import LoadcellError
from loadcell.v1 import target_pb2

_TIMEOUT_SECONDS = 15.0  # for the whole answer, however it drips
_MOST_BYTES = 4 * 1024 * 1024
_LISTED = 20


@dataclass(frozen=True, slots=True)
class ModelList:
    """What GET /v1/models said: the names, or the status and message of a refusal."""

    names: tuple[str, ...] = ()
    status: int = 200
    message: str = ""


async def list_models(target: target_pb2.TargetSpec, route: Route, dialect: Dialect) -> ModelList:
    """Return the models of a server; whatever it answers, and however, is no error here. The route is resolved."""
    fetched = await fetch(
        target,
        route,
        route.endpoint.path("models"),
        most_bytes=_MOST_BYTES,
        timeout_seconds=_TIMEOUT_SECONDS,
        what="list of models",
    )
    if fetched.problem:
        return ModelList(status=fetched.status, message=dialect.sanitize(fetched.problem))
    if fetched.status != httpx.codes.OK:
        return ModelList(status=fetched.status, message=dialect.sanitize(dialect.error_message(fetched.body)))
    return ModelList(names=_names(fetched.body))


def choose_model(wanted: str, models: ModelList) -> str:
    """Return the model to use: the wanted one, else the only one.

    Raises:
        LoadcellError: TARGET_REFUSED, MODEL_AMBIGUOUS or MODEL_NOT_FOUND.
    """
    if wanted:
        return wanted  # the server itself says whether it knows it: aliases are often not listed
    if models.status in (401, 403):
        raise LoadcellError("TARGET_REFUSED", f"the server answered {models.status}: {models.message}")
    if len(models.names) > 1:
        raise LoadcellError(
            "MODEL_AMBIGUOUS",
            f"the server has {len(models.names)} models; name one of them: {_listing(models)}",
            field="model",
        )
    if not models.names:
        told = f" (status {models.status}: {models.message})" if models.status != httpx.codes.OK else ""
        raise LoadcellError("MODEL_NOT_FOUND", f"the server lists no models{told}; name the model", field="model")
    return models.names[0]


def unknown_model(model: str, models: ModelList, message: str) -> LoadcellError:
    """Return the error for a model the server refused, in its own words."""
    known = f"; it has {_listing(models)}" if models.names else ""
    return LoadcellError(
        "MODEL_NOT_FOUND", f"the server does not know model {model!r}: {message}{known}", field="model"
    )


def _listing(models: ModelList) -> str:
    more = f" and {len(models.names) - _LISTED} more" if len(models.names) > _LISTED else ""
    return ", ".join(models.names[:_LISTED]) + more


def _names(body: bytes) -> tuple[str, ...]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    data = document.get("data") if isinstance(document, dict) else None
    entries = data if isinstance(data, list) else []
    return tuple(
        entry["id"][:200] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    )
