"""Figures of the whole system against a null server that knows the truth. Run with `make bench`."""

import os

# PostgreSQL is started as another user, which takes a fork, and gRPC's fork handlers end a child that is forked
# while calls are under way. gRPC reads this when it is imported.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
