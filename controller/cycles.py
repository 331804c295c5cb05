"""How often the garbage collector looks for cycles.

An answer is made of thousands of rows and messages, all of which are freed by counting. To look at them every few
hundred, as is the default, takes a twentieth of the time of a large answer. What a refused call leaves behind is
freed by counting as well, see `interceptors.around`: a cycle would hold its request until the collector looks.
"""

from __future__ import annotations

import gc

_THRESHOLDS = (10_000, 10, 10)  # more than a large answer has, so that hardly any is looked at


def look_for_cycles_seldom() -> None:
    """Have the collector look when there are 10,000 objects more than at its last look."""
    gc.set_threshold(*_THRESHOLDS)
