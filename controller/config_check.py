"""`python -m controller.config_check`: what the environment says to a controller, as JSON."""

from __future__ import annotations

import asyncio
import dataclasses

from controller.cache.where import open_link
from controller.checks import CHECKS, database_of
from controller.settings import ControllerSettings
from controller.store.upkeep import UpkeepError, look_at
from loadcell.config.command import print_report
from loadcell.settings import SettingsError


def _database(settings: ControllerSettings) -> None:
    name, place = database_of(settings)
    try:
        found = look_at(place)
    except UpkeepError as error:
        raise SettingsError(f"{name}: {error}") from error
    if found.newer:
        raise SettingsError(f"{name}: {found.verdict}")


def _redis(settings: ControllerSettings) -> None:
    asyncio.run(_ping(settings))


async def _ping(settings: ControllerSettings) -> None:
    link = open_link(settings.redis_url)
    if link is None:
        return
    try:
        if not await link.carefully(link.redis.ping):
            raise SettingsError(
                "LOADCELL_REDIS_URL: the Redis does not answer; without it, answers are not shared"
            )
    finally:
        await link.close()


if __name__ == "__main__":
    print_report("controller", ControllerSettings, dataclasses.replace(CHECKS, connections=(_database, _redis)))
