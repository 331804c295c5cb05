"""What holds for new runs: what they may be aimed at, which load must be meant, and what is kept out of texts."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, replace

from controller.project import Project
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import Denial, TargetGuard, refused_everywhere
from loadcell.target_guard.rules import parse_rules
from loadcell.target_url import parse_target_url
from loadcell.v1 import result_pb2

LOOKUP_SECONDS = 2.0  # a caller waits no longer for a name server


@dataclass(frozen=True, slots=True)
class LoadRules:
    """The rules of this controller; rates are requests per second, 0 asks for no acknowledgement.

    `redact_texts` says whether agents put marks in the place of personal data.
    """

    guard: TargetGuard
    acknowledge_rate: float
    acknowledge_concurrency: int
    redact_texts: bool = False

    async def apply(self, config: result_pb2.RunConfig, project: Project) -> None:
        """Note in a run what agents must keep to, and check its target as far as it can be seen from here.

        A name that is not known here, or not soon, passes: agents may know it, and judge every address themselves.

        Raises:
            LoadcellError: TARGET_DENIED, field server_url.
        """
        config.allowed_targets = project.allowed_targets
        config.redact_texts = self.redact_texts
        guard = replace(self.guard, project=parse_rules(project.allowed_targets))
        target = parse_target_url(config.server_url)
        denial = guard.denies_host(target.host, target.port)
        if denial is None:
            denial = await _denies_all_addresses(guard, target.host, target.port)
        if denial is not None:
            raise LoadcellError(
                "TARGET_DENIED", denial.message, field="server_url", metadata={"rule": denial.rule}
            )

    def check_acknowledged(self, config: result_pb2.RunConfig, *, acknowledged: bool) -> None:
        """Check that a run which asks for much load says so.

        Raises:
            LoadcellError: LOAD_NOT_ACKNOWLEDGED, field acknowledge_load.
        """
        asked = (
            ("rate", max(config.rate, default=0.0), self.acknowledge_rate),
            ("concurrency", max(config.concurrency, default=0), self.acknowledge_concurrency),
        )
        for name, wanted, limit in asked:
            if not acknowledged and limit and wanted > limit:
                raise LoadcellError(
                    "LOAD_NOT_ACKNOWLEDGED",
                    f"{name} {wanted:,.10g} is above {limit:,.10g} (LOADCELL_ACKNOWLEDGE_{name.upper()}): a run of"
                    " so much load must say that it is meant, with acknowledge_load",
                    field="acknowledge_load",
                )


async def _denies_all_addresses(guard: TargetGuard, host: str, port: int) -> Denial | None:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    return refused_everywhere([guard.denies_address(host, str(place[0]), port) for *_, place in found])
