"""`python -m agent health`: whether the agent that runs with these settings is with its controller."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from agent.contact import contact_file, read
from agent.host import default_agent_id
from agent.settings import AgentSettings
from loadcell.data_dir import data_dir
from loadcell.readiness import over_http
from loadcell.readiness.connecting import tls_to_own
from loadcell.readiness.verdict import NotReadyError, tell
from loadcell.settings import load


def health(environ: Mapping[str, str]) -> int:
    """Say whether it is ready; return the exit status."""
    return tell("agent", lambda: _ask(environ))


def _ask(environ: Mapping[str, str]) -> str:
    settings = load(AgentSettings, environ)
    if settings.metrics is not None:
        meaning = f"it is not with its controller {settings.controller} (LOADCELL_CONTROLLER) now"
        tls = tls_to_own(
            settings.tls_cert,
            settings.tls_key,
            settings.tls_client_ca,
            settings.tls_client_cert,
            settings.tls_client_key,
        )
        name = "LOADCELL_AGENT_METRICS"
        return over_http.ask(name, settings.metrics, tls, service="loadcell-agent", meaning=meaning)
    directory = data_dir(settings.data_dir, environ)
    agent_id = settings.agent_id or default_agent_id(directory)
    file = contact_file(directory, agent_id)
    heard = read(file)
    if heard is None:
        raise NotReadyError(
            f"no agent {agent_id} with the data directory {directory} (LOADCELL_DATA_DIR) has reached its"
            f" controller {settings.controller} (LOADCELL_CONTROLLER); its log says why"
        )
    if not _runs(heard.pid):
        raise NotReadyError(f"the agent {agent_id} does not run any more; {file} is of process {heard.pid}")
    now_ns = time.monotonic_ns()
    if not heard.is_fresh(now_ns):
        raise NotReadyError(
            f"the agent {agent_id} has not heard from its controller {settings.controller} (LOADCELL_CONTROLLER)"
            f" for {max(0, now_ns - heard.at_ns) / 1e9:.0f} s; its log says why"
        )
    return f"with its controller {settings.controller}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # of another user
    return True
