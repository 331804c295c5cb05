"""Where a call comes from."""

from __future__ import annotations

from collections.abc import Mapping

from controller.interceptors.around import Context
from controller.limits.addresses import caller_address, counted_together
from loadcell.channel import CLIENT_ADDRESS_METADATA


def address_of(context: Context, metadata: Mapping[str, str | bytes] | None = None) -> str:
    """Return the address of the caller, also of one behind a gateway on this machine.

    Args:
        context: Of the call.
        metadata: What the caller has sent with it, where that is at hand: gRPC makes it anew for who asks.
    """
    sent = dict(context.invocation_metadata() or ()) if metadata is None else metadata
    forwarded = sent.get(CLIENT_ADDRESS_METADATA)
    return caller_address(context.peer(), forwarded if isinstance(forwarded, str) else None)


def counted_as(context: Context) -> str:
    """Return whose calls are counted with this one where no credential tells callers apart."""
    return counted_together(address_of(context))
