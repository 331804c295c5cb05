"""What the tests of GraphQL ask of a gateway."""

from __future__ import annotations

from typing import Any

import httpx

from loadcell.v1 import auth_pb2, trace_pb2

KEY = {"X-API-Key": "k"}


def asked(gateway) -> list[Any]:
    """The calls but for those that say who is asking: which documents are known depends on what came before."""
    return [call for call in gateway.controller.calls if call.method != "GetCaller"]


def traces(*trace_ids: str) -> trace_pb2.ListTracesResponse:
    data = [
        trace_pb2.Trace(trace_id=name, model="m", run_id=f"run-{place % 2}")
        for place, name in enumerate(trace_ids)
    ]
    return trace_pb2.ListTracesResponse(status="success", data=data)


async def ask(gateway, document: str, headers: dict[str, str] | None = None, **variables: Any) -> httpx.Response:
    gateway.controller.answers.setdefault("GetCaller", auth_pb2.GetCallerResponse())
    body = {"query": document, "variables": variables}
    return await gateway.http.post("/graphql", json=body, headers={**KEY, **(headers or {})})


def only_error(answer: httpx.Response) -> dict[str, Any]:
    (error,) = answer.json()["errors"]
    return error
