"""The version of what agents and the controller say to each other."""

from __future__ import annotations

PROTOCOL_VERSION = 1
