"""Entry point of the command `loadcell`."""

import errno
import os
import signal
import sys
from pathlib import Path

import loadcell.missing_extra  # isort: split

import typer

import loadcell.quiet_grpc  # noqa: F401  before anything imports gRPC
from loadcell.cli.app import app
from loadcell.cli.failure import EXIT_BROKEN_PIPE, EXIT_OK, EXIT_RUN_FAILED, EXIT_USAGE, CommandError
from loadcell.cli.steering import harmless
from loadcell.cli.usage import told
from loadcell.settings import SettingsError

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO}


def main() -> None:
    """Run the command line and leave with the exit code of the command."""
    # Whoever stops us with SIGTERM wants what Ctrl-C does: our own processes end and the terminal is put right.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.stdout is None:  # whoever started us has closed it
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  to the end
    code = run(sys.argv[1:] or ["--help"])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = EXIT_BROKEN_PIPE  # whoever read has had enough, as `head` has
        _drop_output()
    except OSError as error:
        code = code or _complain(_no_output(error), EXIT_RUN_FAILED)
        _drop_output()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error is one line on standard error."""
    try:
        code = app(arguments, prog_name="loadcell", standalone_mode=False)
    except CommandError as error:
        return _complain(error.message, error.exit_code)
    except SettingsError as error:
        return _complain(str(error), EXIT_USAGE)
    except typer.TyperException as error:
        return _complain(told(error), EXIT_USAGE)
    except typer.Abort:
        return _complain("aborted", EXIT_RUN_FAILED)
    except OSError as error:
        # Files with a name are dealt with where they are opened.
        if error.errno not in _FULL:
            raise
        return _complain(_no_output(error), EXIT_RUN_FAILED)
    return code if isinstance(code, int) else EXIT_OK


def _no_output(error: OSError) -> str:
    return f"cannot write to standard output: {error.strerror}"


def _drop_output() -> None:
    """Leave nothing to flush for the interpreter when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, code: int) -> int:
    print(f"error: {harmless(message)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
