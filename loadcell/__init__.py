"""loadcell: distributed load testing and measurement for LLM inference servers."""

__version__ = "0.1.0"
