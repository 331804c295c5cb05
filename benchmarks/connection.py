"""A connection of its own for each simulated agent."""

from __future__ import annotations

import grpc

from loadcell.channel import CHANNEL_OPTIONS


def connect(address: str) -> grpc.aio.Channel:
    """Open a channel with its own TCP connection.

    Otherwise all channels of a process to one address share one, which those of a thousand machines cannot.
    """
    return grpc.aio.insecure_channel(address, options=[*CHANNEL_OPTIONS, ("grpc.use_local_subchannel_pool", 1)])
