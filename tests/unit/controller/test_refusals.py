"""Whatever agents send: the labels of the counter and the lines of the log are bounded."""

import structlog
from prometheus_client import CollectorRegistry

from controller.refusals import Refusals


def test_a_reason_nobody_knows_makes_no_label_of_its_own():
    registry = CollectorRegistry()
    refusals = Refusals(registry)
    for number in range(50):
        refusals.note(f"MADE_UP_{number}")
    refusals.note("WRONG_AGENT")

    def count(reason: str) -> float | None:
        return registry.get_sample_value("loadcell_agent_refusals_total", {"reason": reason})

    assert (count("OTHER"), count("WRONG_AGENT"), count("MADE_UP_1")) == (50, 1, None)


def test_a_flood_is_counted_in_full_and_logged_in_part():
    registry = CollectorRegistry()
    refusals = Refusals(registry)
    with structlog.testing.capture_logs() as lines:
        for _ in range(20_000):
            refusals.note("WRONG_AGENT", lease_id="x" * 1_000_000)
    assert registry.get_sample_value("loadcell_agent_refusals_total", {"reason": "WRONG_AGENT"}) == 20_000
    assert 100 <= len(lines) < 10_000
    assert max(len(line["lease_id"]) for line in lines) == 200
