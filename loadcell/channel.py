"""How processes reach the controller: options, credentials and request ids of every gRPC call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import grpc
import structlog

from loadcell.lookup import Lookup
from loadcell.redial import RedialledChannel
from loadcell.settings import Secret
from loadcell.tls import ClientTls

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024
API_KEY_METADATA = "x-api-key"
AGENT_TOKEN_METADATA = "x-agent-token"  # noqa: S105 - its name
CLIENT_ADDRESS_METADATA = "x-client-address"  # of who calls the gateway
GRAPHQL_QUERY = ("x-graphql-query", "1")  # metadata of a call that is one query of a GraphQL document
RATE_LIMIT_METADATA = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
RETRY_AFTER_METADATA = "retry-after"
UNIX = "unix:"
REQUEST_ID_METADATA = "x-request-id"

_KEEPALIVE = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Of the keepalive's pings as well; by default they may take a minute.
    ("grpc.http2.ping_timeout_ms", 10_000),
]
_SIZES = [
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
]
CHANNEL_OPTIONS: list[tuple[str, Any]] = [
    *_KEEPALIVE,
    *_SIZES,
    # A controller that comes back must be found at once, not after gRPC's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    # This is how long an attempt may take: TLS needs several round trips, and busy machines time.
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A channel that is dialled anew must not get the connection of the one before it.
    ("grpc.use_local_subchannel_pool", 1),
    # A request for the machine's web proxy would be wrong for every address loadcell dials.
    ("grpc.enable_http_proxy", 0),
]
SERVER_OPTIONS: list[tuple[str, Any]] = [
    *_KEEPALIVE,
    *_SIZES,
    # Above it the keepalive of our own clients would be taken for abuse and end their connections.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    # Of one connection. Calls beyond wait at their client; those of one that does not are cut off by gRPC itself.
    ("grpc.max_concurrent_streams", 100),
    # Of calls that have not been begun with, gRPC refuses those beyond at random, so also those beside a flood.
    ("grpc.server.max_pending_requests", 10_000),
    ("grpc.server.max_pending_requests_hard_limit", 20_000),
    # A token may have 8,192 characters: from there on gRPC would by default refuse some calls, at random.
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    # Two controllers on one port would share its calls at random; a taken port must be an error.
    ("grpc.so_reuseport", 0),
]


def dial(
    address: str,
    *,
    api_key: Secret | None = None,
    agent_token: Secret | None = None,
    tls: ClientTls | None = None,
) -> RedialledChannel:
    """Open a channel to a controller; connecting happens in the background.

    Args:
        address: "host:port", "unix:/path", or several "host:port,host:port" that are tried in their order.
        api_key: credential added to the metadata of every call.
        agent_token: credential of an agent, likewise.
        tls: files to speak TLS with; a unix socket is this machine's own and does without.

    Raises:
        SettingsError: a file of `tls` cannot be used, or one of several names is not known.
    """
    add = _Metadata({API_KEY_METADATA: api_key, AGENT_TOKEN_METADATA: agent_token})
    interceptors: list[grpc.aio.ClientInterceptor] = [
        _UnaryUnary(add),
        _UnaryStream(add),
        _StreamUnary(add),
        _StreamStream(add),
    ]
    options, lookup = CHANNEL_OPTIONS, None
    if "," in address:
        lookup = Lookup(address)
        # What a certificate must name cannot be a list.
        options = [*CHANNEL_OPTIONS, ("grpc.default_authority", address.partition(",")[0])]
    credentials = None if tls is None or address.startswith(UNIX) else tls.reloaded()

    def redial() -> grpc.aio.Channel:
        target = address if lookup is None else lookup.target
        if credentials is None:
            return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
        return grpc.aio.secure_channel(target, credentials.value, options=options, interceptors=interceptors)

    def changed(state: grpc.ChannelConnectivity) -> bool:
        elsewhere = lookup is not None and lookup.renew(state)
        return (credentials is not None and credentials.renew()) or elsewhere

    return RedialledChannel(redial, changed)


class _Metadata:
    """Adds credentials and a request id (the bound one, else a new one) to the details of a call."""

    def __init__(self, credentials: dict[str, Secret | None]) -> None:
        self._credentials = {name: value for name, value in credentials.items() if value}

    def __call__(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        for name, value in self._credentials.items():
            if metadata.get(name) is None:
                metadata.add(name, value.reveal())
        if metadata.get(REQUEST_ID_METADATA) is None:
            bound = structlog.contextvars.get_contextvars().get("request_id")
            metadata.add(REQUEST_ID_METADATA, str(bound or uuid.uuid4()))
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, add: _Metadata) -> None:
        self._add = add

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._add(client_call_details), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, add: _Metadata) -> None:
        self._add = add

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._add(client_call_details), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, add: _Metadata) -> None:
        self._add = add

    async def intercept_stream_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        return await continuation(self._add(client_call_details), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, add: _Metadata) -> None:
        self._add = add

    async def intercept_stream_stream(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        return await continuation(self._add(client_call_details), request_iterator)
