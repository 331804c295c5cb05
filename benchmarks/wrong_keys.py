"""Shows wrong API keys as fast as they are refused: python -m benchmarks.wrong_keys ADDRESS AT_ONCE.

Begins with a line on standard input, ends with the next one and prints how many were refused in how many seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import grpc

from controller.access.keys import new_key
from loadcell.channel import API_KEY_METADATA, CHANNEL_OPTIONS
from loadcell.v1 import auth_pb2, auth_pb2_grpc


async def main(address: str, at_once: int) -> None:
    """Guess until told to stop."""
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    refused, began = 0, time.monotonic()
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        auth = auth_pb2_grpc.AuthServiceStub(channel)

        async def guess() -> None:
            nonlocal refused
            while True:
                try:
                    await auth.GetCaller(auth_pb2.GetCallerRequest(), metadata=((API_KEY_METADATA, new_key()),))
                except grpc.aio.AioRpcError:
                    refused += 1

        guesses = [asyncio.create_task(guess()) for _ in range(at_once)]
        await asyncio.to_thread(sys.stdin.readline)
        lasted = time.monotonic() - began
        for one in guesses:
            one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*guesses, return_exceptions=True)
    print(json.dumps({"refused": refused, "seconds": lasted}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
