"""Whether what serves HTTP on this machine says that it is ready."""

from __future__ import annotations

import http.client
import json
import ssl

from loadcell.readiness.connecting import PATIENCE_SECONDS, connect, reachable
from loadcell.readiness.verdict import NotReadyError
from loadcell.settings import Address

_MOST_BYTES = 4_096  # of an answer


def ask(name: str, address: Address, tls: ssl.SSLContext | None, *, service: str, meaning: str) -> str:
    """Ask for /ready; return where that was answered with 200 by the service that is meant.

    Args:
        name: The setting that says where it listens.
        address: Where it listens.
        tls: What to speak TLS with.
        service: What it says it is.
        meaning: What 503 says.

    Raises:
        NotReadyError: It was not.
    """
    here = reachable(address)
    connection = http.client.HTTPConnection(here.host, here.port, timeout=PATIENCE_SECONDS)
    connection.sock = connect(name, address, tls)
    try:
        connection.request("GET", "/ready", headers={"Connection": "close"})
        answer = connection.getresponse()
        status, said = answer.status, answer.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise NotReadyError(f"{name}={address} does not answer as HTTP does: {reason}") from error
    finally:
        connection.close()
    if status not in (http.client.OK, http.client.SERVICE_UNAVAILABLE):
        raise NotReadyError(f"{name}={address} answers with status {status}; is it another service?")
    if (found := _service(said)) != service:
        raise NotReadyError(f"{name}={address} is answered by {found or 'another service'}, which is no {service}")
    if status == http.client.OK:
        return f"{name}={address}"
    raise NotReadyError(f"{name}={address} answers, but {meaning}")


def _service(said: bytes) -> str:
    """Return the service that an answer names, empty when it names none."""
    try:
        found = json.loads(said).get("service")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else ""
