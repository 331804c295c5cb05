from __future__ import annotations

from tests.integration.cache.conftest import redis_server
from tests.integration.controller.conftest import controller, start

__all__ = ["controller", "redis_server", "start"]
