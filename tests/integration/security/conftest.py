from __future__ import annotations

import pytest

from loadcell.v1 import fleet_pb2
from tests.integration.controller.conftest import Controller, controller, start

__all__ = ["controller", "start"]


@pytest.fixture
def make_token():
    """Make tokens of a controller; returns the answer, which has the token and what is known of it."""

    async def make(controller: Controller, name: str = "agent") -> fleet_pb2.CreateAgentTokenResponse:
        return await controller.fleet.CreateAgentToken(fleet_pb2.CreateAgentTokenRequest(name=name))

    return make
