"""What a shell is offered for a word that is being typed: quick, and silent whatever goes wrong.

Identifiers are asked of a controller that runs already; none is started for them. A shell waits for the answer
while somebody types, so there is little patience, and an empty answer is better than any complaint.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from loadcell.adapters import ADAPTERS

if TYPE_CHECKING:
    from loadcell.client import Client

PATIENCE_SECONDS = 1.0
MOST = 50  # of what is offered

Offers = list[tuple[str, str]]


def adapters() -> list[str]:
    """Return the dialects."""
    return list(ADAPTERS)


def runs(ctx: Any, incomplete: str) -> Offers:
    """Return the newest runs, with what tells them apart."""

    async def question(client: "Client") -> Offers:
        page = await anext(client.run_pages(page_size=MOST))
        return [(run.run_id, f"{run.status} {run.model}".strip()) for run in page.runs]

    return _beginning(incomplete, _asked(ctx, question))


def runs_and_baseline(ctx: Any, incomplete: str) -> Offers:
    """Return the newest runs, and the word for the newest baseline."""
    return [*_beginning(incomplete, [("baseline", "the newest run marked so")]), *runs(ctx, incomplete)]


def agents(ctx: Any, incomplete: str) -> Offers:
    """Return agents."""

    async def question(client: "Client") -> Offers:
        found: Offers = []
        async for agent in client.agents(page_size=MOST):
            found.append((agent.agent_id, agent.hostname))
            if len(found) == MOST:
                break
        return found

    return _beginning(incomplete, _asked(ctx, question))


def _beginning(incomplete: str, offers: Iterable[tuple[str, str]]) -> Offers:
    return [offer for offer in offers if offer[0].startswith(incomplete)]


def _asked(ctx: Any, question: Callable[["Client"], Awaitable[Offers]]) -> Offers:
    """Put a question to the controller that the command would use, if it runs."""
    try:
        return asyncio.run(_answer(ctx.params, question))
    except Exception:  # noqa: BLE001  the shell would write it over what is being typed
        return []


async def _answer(flags: dict[str, Any], question: Callable[["Client"], Awaitable[Offers]]) -> Offers:
    from loadcell.cli.session import read_settings  # noqa: PLC0415
    from loadcell.cli.settings import database_name, database_url  # noqa: PLC0415
    from loadcell.data_dir import data_dir  # noqa: PLC0415
    from loadcell.settings import addresses  # noqa: PLC0415
    from loadcell.stack import find_owner  # noqa: PLC0415

    settings = read_settings()
    named = flags.get("controller") or settings.controller
    address = str(addresses(str(named))) if named is not None else ""
    if not address:
        directory = data_dir(settings.data_dir)
        wanted = flags.get("database") or settings.database.reveal()
        name = database_name(database_url(wanted, directory))
        owner = find_owner(directory, name, any_database=not wanted)
        if owner is None:
            return []
        address = owner.grpc
    from loadcell.cli.sdk import Client  # noqa: PLC0415
    from loadcell.tls import client_tls  # noqa: PLC0415

    tls = client_tls(settings.tls_ca, settings.tls_client_cert, settings.tls_client_key)
    async with asyncio.timeout(PATIENCE_SECONDS), Client(address, api_key=settings.api_key, tls=tls) as client:
        return await question(client)
