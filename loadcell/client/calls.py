"""One error type for every call: what gRPC raises becomes a LoadcellError with the controller's reason."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import Protocol, TypeVar

import grpc

from loadcell.rpc_errors import from_rpc_error

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Stream(Protocol[T_co]):
    """A response stream that can be given up."""

    def __aiter__(self) -> AsyncIterator[T_co]:
        """Iterate over the responses."""
        ...

    def cancel(self) -> bool:
        """Give the stream up."""
        ...


async def answer(call: Awaitable[T]) -> T:
    """Wait for the answer of a call.

    Raises:
        LoadcellError: The call failed.
    """
    try:
        return await call
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error


async def responses(stream: Stream[T]) -> AsyncGenerator[T, None]:
    """Yield the responses of a stream and give it up when the reader leaves early.

    Raises:
        LoadcellError: The call failed.
    """
    try:
        async for response in stream:
            yield response
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
    finally:
        stream.cancel()
