"""Asks a server which models it serves."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass

import httpx

from agent.engine.route import Route
from agent.samples.outcome import Failure
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
    endpoint, admitted = route.endpoint, route.admitted()
    if isinstance(admitted, Failure):
        return ModelList(status=0, message=admitted.message)
    headers = {**target.headers, "Host": endpoint.authority}
    if target.api_key:
        headers["Authorization"] = f"Bearer {target.api_key}"
    scheme = "https" if endpoint.tls else "http"
    # An address and not the name: looked up once more, the name could lead to where nobody may be sent.
    address = admitted[0].sockaddr[0]
    place = f"[{address}]" if ":" in address else address
    url = f"{scheme}://{place}:{endpoint.port}{endpoint.path('models')}"
    # The trust store of the load itself: httpx alone would bring its own and refuse privately signed servers.
    verify = ssl.create_default_context() if endpoint.tls and endpoint.tls_verify else False
    try:
        # The machine's proxy settings would send us somewhere else than the load.
        async with (
            asyncio.timeout(_TIMEOUT_SECONDS),
            httpx.AsyncClient(verify=verify, timeout=_TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream("GET", url, headers=headers, extensions={"sni_hostname": endpoint.host}) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    return ModelList(status=response.status_code, message="the list of models is too long")
    except TimeoutError:
        return ModelList(status=0, message=f"no complete list of models within {_TIMEOUT_SECONDS:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return ModelList(status=0, message=dialect.sanitize(str(error) or type(error).__name__))
    if response.status_code != httpx.codes.OK:
        return ModelList(status=response.status_code, message=dialect.sanitize(dialect.error_message(bytes(body))))
    return ModelList(names=_names(bytes(body)))


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
