"""Imported first by the entry points of processes: gRPC's library tells standard error of errors only.

What it thinks of a failed handshake, say, is in the error of the call as well, which we tell in our own words.
The library looks at the variable when it is imported.
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
