from tests.integration.controller.conftest import start

__all__ = ["start"]
