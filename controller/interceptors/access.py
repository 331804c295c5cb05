"""Lets calls in: with the API key, or as an agent with a token; everybody when nothing is configured."""

from __future__ import annotations

import hmac
from typing import Any

from controller.admission import Admissions
from controller.interceptors.around import Around, Call, Context
from loadcell.channel import AGENT_TOKEN_METADATA, API_KEY_METADATA
from loadcell.errors import LoadcellError
from loadcell.settings import Secret
from loadcell.v1 import agent_pb2

# Load balancers and orchestrators ask for the health without credentials, and learn nothing else by it.
OPEN_SERVICES = ("/grpc.health.v1.Health/",)
AGENT_SERVICE = f"/{agent_pb2.DESCRIPTOR.services_by_name['AgentService'].full_name}/"


def access(key: Secret, admissions: Admissions, *, require_agent_token: bool) -> Around:
    """Return what compares `x-api-key` or `authorization: Bearer`, and looks at `x-agent-token`.

    Args:
        key: The API key; empty: none is needed.
        admissions: Knows the tokens of agents.
        require_agent_token: Whether the API key does not admit agents.
    """
    expected = key.reveal().encode()

    def of_method(method: str, call: Call) -> Call:
        for_agents = method.startswith(AGENT_SERVICE)

        async def around(request: Any, context: Context) -> Any:
            metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
            token, given = metadata.get(AGENT_TOKEN_METADATA), _api_key(metadata)
            if for_agents and token is not None:
                async with admissions.admit(token):
                    return await call(request, context)
            if for_agents and require_agent_token:
                raise LoadcellError(
                    "AGENT_TOKEN_REQUIRED",
                    "agents need a token here: make one with `loadcell agents token create` and set"
                    " LOADCELL_AGENT_TOKEN or LOADCELL_AGENT_TOKEN_FILE to it",
                )
            if token is not None and given is None:
                raise LoadcellError(
                    "AGENT_TOKEN_SCOPE", "an agent token admits to the calls of agents only; use the API key"
                )
            _compare(given, expected)
            return await call(request, context)

        return call if method.startswith(OPEN_SERVICES) else around

    return of_method


def _compare(given: str | None, expected: bytes) -> None:
    if not expected:
        return
    if given is None:
        raise LoadcellError(
            "MISSING_AUTHORIZATION",
            f"the call needs an API key in the metadata: {API_KEY_METADATA} or authorization: Bearer",
        )
    if not hmac.compare_digest(given.encode(), expected):
        raise LoadcellError("INVALID_API_KEY", "the API key is not valid")


def _api_key(metadata: dict[str, str]) -> str | None:
    if API_KEY_METADATA in metadata:
        return metadata[API_KEY_METADATA]
    scheme, _, credential = metadata.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" and credential.strip() else None
