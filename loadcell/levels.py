"""How a load level is called: for people, and as a key in documents."""

from __future__ import annotations

_RATE = "rate:"


def level_name(concurrency: int, rate: float) -> str:
    """Return "c=10", or "100/s" for an open loop; the load that a level does not have is 0."""
    return f"{rate:g}/s" if rate else f"c={concurrency}"


def level_key(concurrency: int, rate: float) -> str:
    """Return the key of a level in a comparison: "10", or "rate:100" for an open loop."""
    return f"{_RATE}{rate:.12g}" if rate else str(concurrency)


def parse_level_key(key: str) -> tuple[int, float]:
    """Return (concurrency, rate) of a key made by `level_key`.

    Raises:
        ValueError: It is none.
    """
    return (0, float(key.removeprefix(_RATE))) if key.startswith(_RATE) else (int(key), 0.0)
