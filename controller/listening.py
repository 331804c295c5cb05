"""Where the controller listens for gRPC."""

from __future__ import annotations

import grpc

from loadcell.config.places import check_free
from loadcell.settings import Address, NotNowError
from loadcell.tls import ServerTls


def bind(server: grpc.aio.Server, address: Address, tls: ServerTls | None) -> Address:
    """Let a server listen; return where, with the port that was chosen when 0 was asked for.

    Raises:
        SettingsError: The address is taken or not of this machine, or a file of TLS cannot be used.
    """
    check_free("LOADCELL_GRPC", address)  # gRPC does not say why it cannot
    try:
        # A unix socket is this machine's own and does without.
        if tls is None or address.unix_path:
            port = server.add_insecure_port(str(address))
        else:
            port = server.add_secure_port(str(address), tls.credentials())
    except RuntimeError as error:
        # It could be had a moment ago.
        raise NotNowError(f"LOADCELL_GRPC={address}: the address is taken or cannot be used") from error
    return address if address.unix_path else Address(address.host, port)
