"""How figures are written for people."""

from loadcell.v1 import result_pb2

ABSENT = "-"


def milliseconds(value: float | None) -> str:
    """Write a latency with three to four digits that mean something."""
    if value is None:
        return ABSENT
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rate(value: float | None) -> str:
    """Write something per second."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def percent(value: float | None) -> str:
    """Write a share that is given in percent. A little is not written as nothing, nor nearly all as all."""
    if value is None:
        return ABSENT
    if 0 < value < 0.05:
        return "<0.1 %"
    return ">99.9 %" if 99.95 <= value < 100 else f"{value:.1f} %"


def seconds(value: float | None) -> str:
    """Write a time span."""
    if value is None:
        return ABSENT
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def percentile(stats: result_pb2.LatencyStats, name: str) -> str:
    """Write a percentile in milliseconds, or what can be said of it with too few values."""
    if stats.HasField(name):
        return milliseconds(getattr(stats, name))
    if name == "p99" and stats.HasField("p99_bound"):
        return f"<={milliseconds(stats.p99_bound.at_most)}"
    return ABSENT


def age(seconds_: float) -> str:
    """Write how long ago something was, in the largest unit of which there is a whole one."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds_ >= length:
            return f"{seconds_ // length:,.0f} {unit} ago"
    return f"{max(0.0, seconds_):.0f} s ago"


def byte_count(value: int) -> str:
    """Write a number of bytes in binary units."""
    if value < 1024:
        return f"{value} B"
    amount = value / 1024
    for unit in ("KiB", "MiB"):
        if amount < 1024:
            return f"{amount:,.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} GiB"
