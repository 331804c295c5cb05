"""python -m benchmarks.empty_server: calls of nothing, at one port as they are and at another as the controller's.

Prints both ports and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import grpc
import uvloop
from google.protobuf.empty_pb2 import Empty
from prometheus_client import CollectorRegistry

import loadcell.quiet_grpc  # noqa: F401  before anything imports gRPC
from controller.access.authenticator import Authenticator
from controller.access.jwt_keys import key_source
from controller.access.tokens import AccessTokens, TokenRules
from controller.admission import Admissions
from controller.interceptors.around import Interceptor
from controller.interceptors.chain import arounds
from controller.interceptors.stopping import Calls
from controller.limits.limiter import Limiter
from controller.refusals import Refusals
from controller.settings import ControllerSettings
from controller.store.migrate import open_database
from loadcell import logs
from loadcell.channel import SERVER_OPTIONS
from loadcell.settings import Secret

METHOD = "/loadcell.v1.RunService/GetRun"  # one that asks for a permission
API_KEY = "the-key-of-a-benchmark"


async def _call(request: Empty, _context: Any) -> Empty:
    return request


async def _serve(interceptors: list[Interceptor]) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server(interceptors=interceptors, options=SERVER_OPTIONS)
    _, service, method = METHOD.split("/")
    handler = grpc.unary_unary_rpc_method_handler(_call, Empty.FromString, Empty.SerializeToString)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def _main() -> None:
    logs.configure("bench", "info")  # as a controller in use: the lines of a call are a part of what it takes
    registry = CollectorRegistry()
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        database = await open_database(Path(folder) / "bench.db")
        settings = ControllerSettings(api_key=Secret(API_KEY))
        tokens = AccessTokens(key_source(Secret(""), None), TokenRules("", "", 0.0))
        authenticator = Authenticator(database, tokens, configured=settings.api_key)
        chain = arounds(
            settings,
            database,
            authenticator,
            admissions=Admissions(database, authenticator),
            refusals=Refusals(registry),
            limiter=Limiter(settings.rate_limits, registry),
            calls=Calls(),
            registry=registry,
        )
        bare, bare_port = await _serve([])
        surrounded, port = await _serve([Interceptor(chain)])
        print(bare_port, port, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.gather(bare.stop(None), surrounded.stop(None))
        await database.close()


if __name__ == "__main__":
    uvloop.run(_main())
