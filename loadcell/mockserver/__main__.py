"""Entry point: python -m loadcell.mockserver."""

import argparse
import asyncio
import os
import ssl
import sys
from collections.abc import Sequence
from dataclasses import fields

from loadcell.lifetime import wait_for_stop
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve

_HELP = {
    "ttft_ms": "time to the first token in milliseconds",
    "itl_ms": "time between payload events in milliseconds",
    "jitter": "spread of both times as a share of them, 0 to 1",
    "output_tokens": "length of a completion when the request sets none",
    "tokens_per_event": "tokens in one payload event",
    "reasoning_tokens": "tokens of each chat completion that are reasoning and come first",
    "prompt_tokens": "prompt tokens reported; -1 counts the words of the prompt",
    "metrics_factor": "what /metrics says, as a share of the truth",
    "server_error_rate": "share of requests answered with status 500",
    "rate_limit_rate": "share of requests answered with status 429",
    "truncate_rate": "share of responses cut off half way",
    "stall_rate": "share of responses that pause half way",
    "stall_ms": "length of such a pause in milliseconds",
    "error_event_rate": "share of streams that end half way with an error event",
    "empty_rate": "share of complete responses without any token",
    "reset_rate": "share of connections dropped without an answer",
    "seed": "decides which requests go wrong and by how much times spread",
}


def parser(prog: str = "python -m loadcell.mockserver") -> argparse.ArgumentParser:
    """Return the argument parser: one flag for each field of Behavior, and the address."""
    flags = argparse.ArgumentParser(
        prog=prog,
        description="An OpenAI-compatible server without a model.",
        epilog=f"example: {prog} --port 8000 --ttft-ms 100 --itl-ms 10 --jitter 0.3",
    )
    flags.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    flags.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one (default %(default)s)")
    flags.add_argument("--model", action="append", metavar="NAME", help="model served, repeatable (mock-model)")
    defaults = Behavior()
    for field in fields(Behavior):
        if field.name in _HELP:
            default = getattr(defaults, field.name)
            flags.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=type(default),
                default=default,
                metavar="N",
                help=f"{_HELP[field.name]} (default %(default)s)",
            )
    flags.add_argument("--no-role-chunk", dest="role_chunk", action="store_false", help="no role-only first event")
    flags.add_argument("--no-usage", dest="usage", action="store_false", help="report no token usage")
    flags.add_argument("--no-metrics", dest="metrics", action="store_false", help="serve no /metrics")
    flags.add_argument("--api-key", default=os.environ.get("LOADCELL_MOCK_API_KEY", ""), help="key asked for")
    flags.add_argument("--tls-cert", metavar="FILE", help="PEM certificate; serves https")
    flags.add_argument("--tls-key", metavar="FILE", help="PEM key of the certificate")
    return flags


def main(arguments: Sequence[str] | None = None, prog: str = "python -m loadcell.mockserver") -> int:
    """Serve until SIGINT or SIGTERM and return the exit code: 0, or 2 for a setting that cannot be had."""
    flags = parser(prog)
    given = flags.parse_args(arguments)
    if not 0 <= given.port <= 65535:
        flags.error(f"--port must be from 0 to 65535, not {given.port}")
    chosen = {field.name: getattr(given, field.name) for field in fields(Behavior) if field.name in given}
    if given.model:
        chosen["models"] = tuple(given.model)
    try:
        behavior = Behavior(**chosen)
        tls = _tls_context(given.tls_cert, given.tls_key)
    except (ValueError, OSError) as error:
        flags.error(str(error))
    import uvloop  # noqa: PLC0415 (the parser is used without it)

    try:
        uvloop.run(_serve_until_stopped(behavior, given.host, given.port, given.api_key, tls))
    except OSError as error:
        print(f"error: cannot listen on {given.host}:{given.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _tls_context(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None:
        if key is not None:
            raise ValueError("--tls-key needs --tls-cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise ValueError(f"cannot use the certificate {certificate}: {error}") from error
    return context


async def _serve_until_stopped(
    behavior: Behavior, host: str, port: int, api_key: str, tls: ssl.SSLContext | None
) -> None:
    embedded = os.environ.get("LOADCELL_EXIT_WITH_PARENT") == "1"
    # Signals are caught before anybody can know that the server is there.
    stopped = asyncio.create_task(wait_for_stop(exit_with_parent=embedded))
    await asyncio.sleep(0)
    async with serve(behavior, host=host, port=port, api_key=api_key, tls=tls) as server:
        print(f"listening on {server.url}", flush=True)  # noqa: T201
        await stopped


if __name__ == "__main__":
    sys.exit(main())
