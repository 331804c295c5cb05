"""Get a credential for one part of a stack, by the key of the stack, and keep it in a file.

    python enrol.py agent-token agent-1 /data/token      for the agent of that name alone
    python enrol.py reader-key gateway /data/key         reads everything and changes nothing

What is in the file already stays, as long as the controller takes it; so this may be done at every start.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from loadcell.cli.settings import CliSettings
from loadcell.client import Client, LoadcellError
from loadcell.settings import SettingsError, load
from loadcell.tls import client_tls
from loadcell.v1 import auth_pb2, fleet_pb2

Details = fleet_pb2.AgentToken | auth_pb2.ApiKey

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Kind:
    """A kind of credential: how one is made, how those there are can be known, and how they begin."""

    make: Callable[[Client, str], Awaitable[str]]
    known: Callable[[Client], AsyncIterator[Details]]
    prefix: str


async def _agent_token(client: Client, name: str) -> str:
    return (await client.create_agent_token(name)).token


async def _reader_key(client: Client, name: str) -> str:
    # An admin's, to see every project; the scope leaves nothing but reading of it.
    return (await client.create_api_key(name, role="admin", scopes=["read"])).key


KINDS = {
    "agent-token": Kind(_agent_token, lambda client: client.agent_tokens(), "lc_agent_"),
    "reader-key": Kind(_reader_key, lambda client: client.api_keys(), "lc_live_"),
}


async def new_credential(settings: CliSettings, kind: Kind, name: str, kept: str) -> str | None:
    """Return a new credential, or None where the one that is kept is good.

    Raises:
        LoadcellError: The controller does not make one.
        TimeoutError: It does not answer.
        SettingsError: A file of TLS cannot be used.
    """
    tls = client_tls(settings.tls_ca, settings.tls_client_cert, settings.tls_client_key)
    address = str(settings.controller or "127.0.0.1:50051")
    shown = kept.removeprefix(kind.prefix)
    async with Client(address, api_key=settings.api_key, tls=tls) as client:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await client.connected()
        if kept and any([_is_good(one) and shown.startswith(one.prefix) async for one in kind.known(client)]):
            return None
        return await kind.make(client, name)


def _is_good(details: Details) -> bool:
    ended = details.HasField("expires_at") and details.expires_at.ToSeconds() <= time.time()
    return not ended and not details.HasField("revoked_at")


def _write(file: Path, credential: str) -> None:
    """Write the file at once and whole, for nobody else to read."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writing:
        writing.write(credential)
    new.replace(file)


def main() -> int:
    """Do what the arguments say; return the exit code."""
    if len(sys.argv) != 4 or sys.argv[1] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 2
    kind, name, file = KINDS[sys.argv[1]], sys.argv[2], Path(sys.argv[3])
    try:
        kept = file.read_text(encoding="ascii").strip() if file.exists() else ""
        made = asyncio.run(new_credential(load(CliSettings, os.environ), kind, name, kept))
        if made is not None:
            _write(file, made)
    except (SettingsError, LoadcellError, OSError) as error:
        print(f"enrol: {str(error) or 'the controller does not answer'}", file=sys.stderr)
        return 1
    print(f"{name}: {'the credential is good' if made is None else 'a new credential'} in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
