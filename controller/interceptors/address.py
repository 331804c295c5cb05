"""Where a call comes from."""

from __future__ import annotations

from controller.interceptors.around import Context
from controller.limits.addresses import caller_address, counted_together
from loadcell.channel import CLIENT_ADDRESS_METADATA


def address_of(context: Context) -> str:
    """Return the address of the caller, also of one behind a gateway on this machine."""
    found = (value for name, value in context.invocation_metadata() or () if name == CLIENT_ADDRESS_METADATA)
    forwarded = next(found, None)
    return caller_address(context.peer(), forwarded if isinstance(forwarded, str) else None)


def counted_as(context: Context) -> str:
    """Return whose calls are counted with this one where no credential tells callers apart."""
    return counted_together(address_of(context))
