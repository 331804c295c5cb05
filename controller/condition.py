"""How a controller is, as far as is known now."""

from __future__ import annotations

from loadcell.metrics_port import Health

_WORDS: dict[bool | None, str] = {True: "healthy", False: "unhealthy", None: "unknown"}


class Condition:
    """What is known of a controller and of what it depends on. Read on any thread.

    Args:
        dependencies: Names of what it depends on and was given.
        unused: Names of what it was not given.

    Attributes:
        serving: Whether it takes calls.
    """

    def __init__(self, dependencies: tuple[str, ...], unused: tuple[str, ...] = ()) -> None:
        self.serving = False
        self._well: dict[str, bool | None] = dict.fromkeys(dependencies)
        self._unused = dict.fromkeys(unused, "unused")

    def note(self, dependency: str, *, is_well: bool) -> None:
        """Note how a dependency is."""
        self._well[dependency] = is_well

    def health(self) -> Health:
        """Return all of this; what was not looked at yet is not unwell."""
        known = self._well.copy()
        facts = {name: _WORDS[well] for name, well in known.items()}
        return Health(self.serving, False not in known.values(), facts | self._unused)
