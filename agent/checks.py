"""What is looked at of the settings of an agent: before it touches anything, and by `loadcell config check`."""

from __future__ import annotations

from agent.settings import AgentSettings
from loadcell.certificates import check_client, check_server
from loadcell.config.clock import check_clock
from loadcell.config.places import check_known, check_reachable, check_writable
from loadcell.config.report import Checks
from loadcell.data_dir import data_dir
from loadcell.settings import SettingsError


def _tls(settings: AgentSettings) -> None:
    check_client(settings.tls_ca, settings.tls_client_cert, settings.tls_client_key)
    check_server(settings.tls_cert, settings.tls_key, settings.tls_client_ca)


def _several_controllers(settings: AgentSettings) -> None:
    if settings.controller.others:  # a single name may come to be known later
        check_known("LOADCELL_CONTROLLER", settings.controller)


def _data_directory(settings: AgentSettings) -> None:
    directory = data_dir(settings.data_dir)
    if settings.spool_mb:
        try:
            check_writable("LOADCELL_DATA_DIR", directory)
        except SettingsError as error:
            raise type(error)(f"{error}, or LOADCELL_SPOOL_MB=0 to keep samples in memory only") from error


def _two_credentials(settings: AgentSettings) -> None:
    if settings.api_key and settings.agent_token:
        raise SettingsError("LOADCELL_API_KEY is not needed: LOADCELL_AGENT_TOKEN stands in for it")


def _controller(settings: AgentSettings) -> None:
    check_reachable("LOADCELL_CONTROLLER", settings.controller)


CHECKS: Checks[AgentSettings] = Checks(
    errors=(check_clock, _tls, _several_controllers, _data_directory),
    warnings=(_two_credentials,),
    connections=(_controller,),
)
