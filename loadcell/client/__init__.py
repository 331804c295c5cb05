"""The Python SDK: everything the command line can do, from a program.

Example:
    async with Client("127.0.0.1:50051", api_key="...") as client:
        run = await client.create_run(server_url="http://127.0.0.1:8000", concurrency=[1, 10])
        async for update in client.watch(run):
            print(update.overall_percent)
        print(await client.result(run))
"""

from loadcell.client.client import Client, RunReference
from loadcell.client.notebook import Rows, collect, to_arrow, to_pandas
from loadcell.client.states import has_ended
from loadcell.errors import LoadcellError
from loadcell.tls import ClientTls

__all__ = [
    "Client",
    "ClientTls",
    "LoadcellError",
    "Rows",
    "RunReference",
    "collect",
    "has_ended",
    "to_arrow",
    "to_pandas",
]
