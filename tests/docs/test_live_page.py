"""What the page on watching says of paths, bounds and codes is so."""

from __future__ import annotations

from pathlib import Path

from gateway.live import callers, closing, connection, feed, live, outbox, protocol, rights, session, sockets, sse
from gateway.live.routes import EVENT_SOCKETS, EVENT_STREAM, RUN_SOCKETS, RUN_STREAM, STATS
from gateway.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "live.md").read_text()
FLAT = " ".join(PAGE.split())


def test_every_path_is_there() -> None:
    for path in (*RUN_SOCKETS, *EVENT_SOCKETS, RUN_STREAM, EVENT_STREAM, STATS):
        assert f"{path}`" in PAGE


def test_bounds_are_as_they_are_said_to_be() -> None:
    defaults = Settings()
    said = [
        f"`LOADCELL_LIVE_CONNECTIONS` {defaults.live_connections:,}",
        f"`LOADCELL_LIVE_CONNECTIONS_EACH` {defaults.live_connections_each:,}",
        f"of everybody {live.MOST_STREAMS} at most",
        f"subscriptions of a connection | {session.MOST} |",
        f"{protocol.MAX_MESSAGE_BYTES // 1024} KiB; {connection.MESSAGES_A_SECOND:g} a second, ",
        f"a second, {connection.MESSAGES_AT_ONCE} at once",
        f"wait for a client | {outbox.MOST};",
        f"more than {protocol.MAX_MESSAGE_BYTES // 1024} KiB or {protocol._MOST_PIECES} pieces",
        f"no answer to a ping of the protocol for {protocol.PING_SECONDS:g} s",
        f"read nothing for {protocol.WRITE_SECONDS:g} s",
        f"back within {feed.PATIENCE_SECONDS:g} s",
        f"every {rights.EVERY_SECONDS:g} s; a gateway looks at {rights.MOST_A_SECOND:g} a second",
        f"silent for {sockets.QUIET_SECONDS:g} s",
        f"every {sse.HEARTBEAT_SECONDS:g} s",
    ]
    assert [text for text in said if text not in FLAT] == []


def test_codes_and_subprotocols_are_as_they_are_said_to_be() -> None:
    for code in (closing.DONE, closing.STOPPING, closing.BINARY):
        assert f"| {code} |" in PAGE
    assert f"`{callers.SUBPROTOCOL}` and `ticket.<ticket>`" in PAGE
