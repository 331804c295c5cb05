"""TLS without a transport: the connection moves the bytes, so each keeps the stamp of its own read."""

from __future__ import annotations

import ssl

from agent.targets.endpoint import Endpoint

_READ_BYTES = 64 * 1024


def client_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the settings for all connections to the endpoint; slow (tens of milliseconds), so made once."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not endpoint.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class TlsLayer:
    """One TLS session between bytes of the network and bytes of HTTP."""

    __slots__ = ("_incoming", "_outgoing", "_session", "established")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.established = False

    def handshake(self) -> bytes:
        """Go on with the handshake and return what must be sent for it.

        Raises:
            ssl.SSLError: The handshake has failed.
        """
        try:
            self._session.do_handshake()
            self.established = True
        except ssl.SSLWantReadError:
            pass
        return self._outgoing.read()

    def encrypt(self, data: bytes) -> bytes:
        """Return the records that carry the data."""
        self._session.write(data)
        return self._outgoing.read()

    def receive(self, data: bytes) -> None:
        """Take in bytes of the network."""
        self._incoming.write(data)

    def decrypt(self) -> tuple[bytes, bool]:
        """Return the data of all records completed so far, and whether the peer has ended the session.

        Raises:
            ssl.SSLError: A record is damaged.
        """
        pieces = []
        try:
            while piece := self._session.read(_READ_BYTES):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            return b"".join(pieces), False
        except ssl.SSLZeroReturnError:
            pass
        return b"".join(pieces), True

    def pending_output(self) -> bytes:
        """Return what TLS itself wants to send (key updates, alerts)."""
        return self._outgoing.read()
