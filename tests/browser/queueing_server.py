"""An OpenAI-compatible server as those of models are: it answers a few requests at once, the others wait.

So throughput ends where every turn is taken, and latency rises from there on: what load tests are for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MODEL = "mock-model"
TURNS = 8
TTFT_SECONDS, JITTER = 0.04, 0.3
ERROR_RATE = 0.01


def event(**fields: object) -> str:
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'model': MODEL, **fields})}\n\n"


def server(itl_seconds: float) -> Starlette:
    turns = asyncio.Semaphore(TURNS)
    chance = random.Random(0)

    async def tokens(count: int) -> AsyncIterator[str]:
        async with turns:
            await asyncio.sleep(TTFT_SECONDS * chance.uniform(1 - JITTER, 1 + JITTER))
            for number in range(count):
                reason = "length" if number == count - 1 else None
                yield event(choices=[{"index": 0, "delta": {"content": "word "}, "finish_reason": reason}])
                await asyncio.sleep(itl_seconds)
        yield event(choices=[], usage={"prompt_tokens": 128, "completion_tokens": count})
        yield "data: [DONE]\n\n"

    async def completions(request: Request) -> Response:
        wanted = await request.json()
        if chance.random() < ERROR_RATE:
            return JSONResponse({"error": {"message": "out of memory"}}, status_code=500)
        return StreamingResponse(tokens(wanted["max_tokens"]), media_type="text/event-stream")

    async def models(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    return Starlette(
        routes=[Route("/v1/chat/completions", completions, methods=["POST"]), Route("/v1/models", models)]
    )


def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("--itl-ms", type=float, required=True)
    given = flags.parse_args()
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(server(given.itl_ms / 1000), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
