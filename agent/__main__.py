"""`python -m agent`: the agent itself, and questions about one that need no second one."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Do what the arguments say; return the exit status."""
    if sys.argv[1:] == ["health"]:
        from agent.ready import health  # noqa: PLC0415 - asked every few seconds, so without all the rest

        return health(os.environ)
    from agent.process import serve_forever  # noqa: PLC0415 - as above

    return serve_forever(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
