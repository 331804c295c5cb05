"""Asks a target for a document that is no part of the load, on the way and with the credentials of the load."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

import httpx

from agent.engine.route import Route
from agent.samples.outcome import Failure
from loadcell.v1 import target_pb2


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered: its status and the body, or a problem; status 0: it did not answer."""

    status: int
    body: bytes = b""
    problem: str = ""


async def fetch(
    target: target_pb2.TargetSpec, route: Route, path: str, *, most_bytes: int, timeout_seconds: float, what: str
) -> Fetched:
    """Return what a server has under a path; whatever it answers, and however, is no error here.

    Args:
        target: The server, with its credentials.
        route: The way to it, resolved.
        path: Where the document is.
        most_bytes: The longest body that is taken.
        timeout_seconds: For the whole answer, however it drips.
        what: The document, for the messages.
    """
    endpoint, admitted = route.endpoint, route.admitted()
    if isinstance(admitted, Failure):
        return Fetched(0, problem=admitted.message)
    headers = {**target.headers, "Host": endpoint.authority}
    if target.api_key:
        headers["Authorization"] = f"Bearer {target.api_key}"
    scheme = "https" if endpoint.tls else "http"
    # An address and not the name: looked up once more, the name could lead to where nobody may be sent.
    address = admitted[0].sockaddr[0]
    place = f"[{address}]" if ":" in address else address
    url = f"{scheme}://{place}:{endpoint.port}{path}"
    # The trust store of the load itself: httpx alone would bring its own and refuse privately signed servers.
    verify = ssl.create_default_context() if endpoint.tls and endpoint.tls_verify else False
    try:
        # The machine's proxy settings would send us somewhere else than the load.
        async with (
            asyncio.timeout(timeout_seconds),
            httpx.AsyncClient(verify=verify, timeout=timeout_seconds, trust_env=False) as client,
            client.stream("GET", url, headers=headers, extensions={"sni_hostname": endpoint.host}) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > most_bytes:
                    return Fetched(response.status_code, problem=f"the {what} is too long")
    except TimeoutError:
        return Fetched(0, problem=f"no complete {what} within {timeout_seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Fetched(0, problem=str(error) or type(error).__name__)
    return Fetched(response.status_code, bytes(body))
