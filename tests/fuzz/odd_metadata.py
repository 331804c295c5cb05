"""Metadata that no program of ours sends, as far as gRPC's own client lets it out."""

from __future__ import annotations

from random import Random

from loadcell.channel import API_KEY_METADATA, CLIENT_ADDRESS_METADATA

Metadata = tuple[tuple[str, str | bytes], ...]


def odd_metadata(random: Random, key: str) -> Metadata:
    """Return what to send beside the key of the caller: most often nothing."""
    if random.random() < 0.7:
        return ()
    choices: tuple[Metadata, ...] = (
        ((API_KEY_METADATA, key),),
        ((API_KEY_METADATA, "other"),),
        (("authorization", f"Bearer {key}"),),
        (("authorization", "Bearer a.b.c"), ("authorization", "Basic eDp5")),
        (("authorization", "Bearer"), ("x-agent-token", "")),
        (("x-agent-token", "lc_agent_x"),),
        (("x-request-id", "a b c"), ("x-request-id", "x" * 1_000)),
        ((CLIENT_ADDRESS_METADATA, random.choice(("nonsense", "::1%eth0", "1.2.3.4, 5.6.7.8", "", "9" * 500))),),
        (("x-client-address-bin", b"\0\xff"), ("x-api-key-bin", key.encode())),
        (("grpc-status-details-bin", random.randbytes(100)), ("te", "trailers")),
        (("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("host", "localhost")),
        tuple((f"x-much-{number}", "y" * 50) for number in range(60)),
        (("x-large", "z" * random.choice((6_000, 20_000))),),
    )
    return random.choice(choices)
