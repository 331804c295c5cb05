"""Settings of the server whose model analyzes results."""

from __future__ import annotations

from dataclasses import dataclass

from loadcell.settings import Secret, boolean, both, credential, integer, number, setting, text
from loadcell.target_url import parse_target_url

_VERSION = "/v1"


def server_url(value: str) -> str:
    """Parse the base URL of an OpenAI-compatible server, with or without /v1.

    Raises:
        ValueError: It cannot be used.
    """
    parse_target_url(value)
    return base_url(value)


def base_url(url: str) -> str:
    """Return the URL of a server without what may or may not be at its end."""
    return url.rstrip("/").removesuffix(_VERSION).rstrip("/")


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server with a model that analyzes results."""

    url: str
    model: str
    api_key: Secret
    thinking: bool
    seconds: float
    tokens: int

    @property
    def endpoint(self) -> str:
        """Where chats are completed."""
        return f"{self.url}{_VERSION}/chat/completions"


@dataclass(frozen=True)
class AnalysisSettings:
    """Which model analyzes results. Nobody but who sets these decides where numbers are sent."""

    analysis_url: str = setting(
        "",
        parse=server_url,
        names=("LOADCELL_ANALYSIS_URL",),
        doc="Base URL of an OpenAI-compatible server whose model analyzes results. Default: none, rules do.",
    )
    analysis_model: str = setting(
        "", parse=text, names=("LOADCELL_ANALYSIS_MODEL",), doc="Model on the server of LOADCELL_ANALYSIS_URL."
    )
    analysis_api_key: Secret = setting(
        Secret(""),
        parse=credential,
        names=("LOADCELL_ANALYSIS_API_KEY",),
        doc="API key of the server of LOADCELL_ANALYSIS_URL, sent as a bearer token.",
    )
    analysis_thinking: bool = setting(
        False,
        parse=boolean,
        names=("LOADCELL_ANALYSIS_THINKING",),
        doc="Whether that model thinks before it answers. Without it, it is asked not to (/no_think).",
    )
    analysis_seconds: float = setting(
        300.0,
        parse=number(1.0, 3_600.0),
        names=("LOADCELL_ANALYSIS_SECONDS",),
        doc="How long that model may take for an analysis.",
    )
    analysis_tokens: int = setting(
        8_192,
        parse=integer(1, 32_768),
        names=("LOADCELL_ANALYSIS_TOKENS",),
        doc="Most tokens that model may write for an analysis, thoughts included.",
    )

    def model_server(self) -> ModelServer | None:
        """Return the server, None when none is set.

        Raises:
            SettingsError: The server has no model, or the model no server.
        """
        both(
            "LOADCELL_ANALYSIS_URL",
            self.analysis_url or None,
            "LOADCELL_ANALYSIS_MODEL",
            self.analysis_model or None,
        )
        if not self.analysis_url:
            return None
        return ModelServer(
            self.analysis_url,
            self.analysis_model,
            self.analysis_api_key,
            self.analysis_thinking,
            self.analysis_seconds,
            self.analysis_tokens,
        )
