"""Lets calls in: by what the caller shows, and by what the method asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.access.authenticator import Authenticator, Shown
from controller.access.methods import PUBLIC_READS, is_open, lasts, needed
from controller.access.principal import AGENT, NOBODY, THE_PUBLIC, Principal, serve_as
from controller.admission import Admission, Admissions
from controller.interceptors.address import counted_as
from controller.interceptors.around import Around, Call, Context
from controller.interceptors.looking import WRONG, Looks
from controller.limits.strangers import Strangers
from loadcell.channel import AGENT_TOKEN_METADATA, API_KEY_METADATA, CLIENT_ADDRESS_METADATA
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

AGENT_SERVICE = f"/{agent_pb2.DESCRIPTOR.services_by_name['AgentService'].full_name}/"
_AUTHORIZATION = "authorization"
_CREDENTIALS = (API_KEY_METADATA, _AUTHORIZATION, AGENT_TOKEN_METADATA)
_AN_AGENT = Principal(AGENT, AGENT, AGENT, "", frozenset({"agents:connect"}), frozenset())


def access(
    authenticator: Authenticator,
    admissions: Admissions,
    strangers: Strangers,
    *,
    require_agent_token: bool,
    public_reads: bool,
) -> Around:
    """Return what looks at `x-api-key`, `authorization: Bearer` and `x-agent-token`.

    Args:
        authenticator: Knows API keys and access tokens.
        admissions: Knows the tokens of agents, and ends the calls that last with what let them in.
        strangers: Hears of credentials that are wrong.
        require_agent_token: Whether nothing else admits agents.
        public_reads: Whether runs and their results may be read without a credential.
    """
    looks = Looks(strangers)

    def of_method(method: str, call: Call) -> Call:
        lasting = lasts(method)
        for_agents, public = method.startswith(AGENT_SERVICE), public_reads and method in PUBLIC_READS

        async def openly(request: Any, context: Context) -> Any:
            serve_as(NOBODY)
            try:
                return await call(request, context)
            except LoadcellError as error:  # a refresh token is looked at by its method
                if error.category == WRONG:
                    strangers.failed(counted_as(context), None)
                raise

        async def guarded(request: Any, context: Context) -> Any:
            metadata = tuple(context.invocation_metadata() or ())
            given, token = credentials(metadata)
            if for_agents and token is not None:
                admission = await looks.at(token, lambda: admissions.of_agent(token), context)
                serve_as(_AN_AGENT)
                async with admissions.lasting(admission):
                    return await call(request, context)
            if for_agents and require_agent_token:
                raise LoadcellError(
                    "AGENT_TOKEN_REQUIRED",
                    "agents need a token here: make one with `loadcell agents token create` and set"
                    " LOADCELL_AGENT_TOKEN or LOADCELL_AGENT_TOKEN_FILE to it",
                )
            if token is not None and given is None:
                raise LoadcellError(
                    "AGENT_TOKEN_SCOPE", "an agent token admits to the calls of agents only; use an API key"
                )
            shown = Shown(given, forwarded=any(name == CLIENT_ADDRESS_METADATA for name, _ in metadata))
            if public and given is None and not await authenticator.is_open(forwarded=shown.forwarded):
                serve_as(THE_PUBLIC)  # whose permission nobody takes away
                return await call(request, context)
            if given is None:
                principal = await authenticator.who(shown)
            else:
                principal = await looks.at(given, lambda: authenticator.who(shown), context)
            serve_as(principal)
            if permission is not None:
                principal.require(permission)
            if not lasting:
                return await call(request, context)
            async with admissions.lasting(Admission(shown)):
                return await call(request, context)

        async def refused(_request: Any, _context: Context) -> Any:
            raise LoadcellError("INSUFFICIENT_PERMISSIONS", "nobody may call this method")

        if is_open(method):
            return openly
        try:
            permission = needed(method)
        except KeyError:
            return refused
        return guarded

    return of_method


def credentials(metadata: Iterable[tuple[str, str | bytes]]) -> tuple[str | None, str | None]:
    """Return the credential of a call and the token of an agent, None for what is not there.

    Raises:
        LoadcellError: INVALID_REQUEST, there are several: who put a second one beside the caller's?
    """
    found: dict[str, str] = {}
    for name, value in metadata:
        if name not in _CREDENTIALS or not isinstance(value, str):
            continue
        if found.setdefault(name, value) != value:
            raise LoadcellError("INVALID_REQUEST", f"the call carries {name} more than once; send one")
    key = found.get(API_KEY_METADATA)
    scheme, _, rest = found.get(_AUTHORIZATION, "").partition(" ")
    bearer = rest.strip() if scheme.lower() == "bearer" else ""
    if key is not None and bearer and key != bearer:
        raise LoadcellError(
            "INVALID_REQUEST", f"the call has two credentials, {API_KEY_METADATA} and {_AUTHORIZATION}; send one"
        )
    return (bearer or None) if key is None else key, found.get(AGENT_TOKEN_METADATA)
