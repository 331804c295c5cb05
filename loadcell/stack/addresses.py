"""Whether the addresses of a stack are free, asked before anything is started."""

from collections.abc import Mapping
from contextlib import ExitStack

from loadcell.listening import listen
from loadcell.settings import Address


class TakenError(Exception):
    """An address cannot be listened on; the text names its flag, the address and the reason."""


def check_free(addresses: Mapping[str, Address]) -> None:
    """Bind every TCP address for a moment, all at once, so that two equal ones are found, too.

    Args:
        addresses: Addresses by the flags that name them.

    Raises:
        TakenError: One cannot be had.
    """
    with ExitStack() as held:
        for flag, address in addresses.items():
            if address.unix_path:
                continue
            try:
                held.enter_context(listen(address))
            except OSError as error:
                reason = error.strerror or str(error)
                raise TakenError(f"{flag} {address}: {reason[:1].lower()}{reason[1:]}") from None


def is_free(address: Address) -> bool:
    """Return whether a TCP address can be listened on."""
    try:
        check_free({"": address})
    except TakenError:
        return False
    return True
