"""How many servers like the tested one a peak needs. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from controller.recommend.at_slo import exact


@dataclass(frozen=True, slots=True)
class Size:
    """How many servers carry `needed` requests in flight when each of them carries `each`.

    They are taken to be independent of one another, behind something that spreads requests evenly.
    """

    peak: int
    headroom_percent: float
    each: int

    @property
    def needed(self) -> Fraction:
        """Requests in flight to provide for."""
        return self.peak * (100 + exact(self.headroom_percent)) / 100

    @property
    def raw(self) -> Fraction:
        """Servers before rounding up."""
        return self.needed / self.each

    @property
    def servers(self) -> int:
        """Whole servers."""
        return math.ceil(self.raw)

    def formula(self, gpus_each: int | None) -> str:
        """Return the computation with its numbers; a server may be of several GPUs."""
        text = (
            f"servers = ceil(peak {self.peak:,} x (1 + headroom {self.headroom_percent:g} / 100)"
            f" / {self.each:,} per server) = ceil({float(self.raw):,.10g}) = {self.servers:,}"
        )
        if gpus_each is None:
            return text
        return f"{text}; GPUs = {self.servers:,} x {gpus_each:,} per server = {self.servers * gpus_each:,}"
