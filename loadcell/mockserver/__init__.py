"""An OpenAI-compatible server without a model: the double that stands for an LLM in demos and tests."""

from loadcell.mockserver.behavior import Behavior, Fault
from loadcell.mockserver.server import MockServer, serve

__all__ = ["Behavior", "Fault", "MockServer", "serve"]
