"""Lets calls in that carry the configured API key, and everybody when none is configured."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.interceptors.around import Around, Context
from loadcell.channel import API_KEY_METADATA
from loadcell.errors import LoadcellError
from loadcell.settings import Secret

# Load balancers and orchestrators ask for the health without credentials, and learn nothing else by it.
OPEN_SERVICES = ("/grpc.health.v1.Health/",)


def api_key(key: Secret) -> Around:
    """Return the interceptor that compares `x-api-key` or `authorization: Bearer` with the key."""
    expected = key.reveal().encode()

    @asynccontextmanager
    async def around(method: str, context: Context) -> AsyncIterator[None]:
        if expected and not method.startswith(OPEN_SERVICES):
            given = _given(context)
            if given is None:
                raise LoadcellError(
                    "MISSING_AUTHORIZATION",
                    f"the call needs an API key in the metadata: {API_KEY_METADATA} or authorization: Bearer",
                )
            if not hmac.compare_digest(given.encode(), expected):
                raise LoadcellError("INVALID_API_KEY", "the API key is not valid")
        yield

    return around


def _given(context: Context) -> str | None:
    metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
    if API_KEY_METADATA in metadata:
        return metadata[API_KEY_METADATA]
    scheme, _, credential = metadata.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" and credential.strip() else None
