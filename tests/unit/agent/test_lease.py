import pytest

from agent.lease import Lease
from agent.worker.messages import Ended, Health, Prepared, Progress
from loadcell.v1 import agent_pb2

HEALTH = Health(
    wall_micros=1000,
    cpu_micros=250,
    loop_lag_max_ms=3,
    reads=30,
    coalesced_reads=3,
    late_arrivals=1,
    open_files=9,
    open_files_limit=100,
    kernel_stamps=True,
)


def lease():
    return Lease("lease", (0, 2))


def test_lease_is_ready_when_all_its_workers_are():
    one = lease()
    one.take(0, Prepared("lease"))
    assert not one.all_prepared
    one.take(2, Prepared("lease"))
    assert one.all_prepared


def test_progress_adds_up_and_an_ended_worker_counts_with_its_last_figures():
    one = lease()
    one.take(0, Progress("lease", 10, 4, 6, HEALTH))
    one.take(2, Progress("lease", 5, 5, 0, HEALTH))
    one.take(2, Ended("lease", started=7, ended=7, health=HEALTH))
    progress = one.to_progress(3)
    assert (progress.started, progress.ended, progress.in_flight) == (17, 11, 6)
    assert progress.unacknowledged_batches == 3


def test_completed_update_tells_the_end_of_the_last_and_the_ramp_down_of_the_first():
    one = lease()
    one.take(0, Ended("lease", end_ns=5_000_000, ramp_down_ns=4_000_000, health=HEALTH, notes=("n",)))
    one.take(2, Ended("lease", end_ns=6_000_000, ramp_down_ns=0, health=HEALTH, notes=("n", "m")))
    assert one.all_ended
    one.state = one.outcome
    update = one.to_update(8)
    assert update.state == agent_pb2.LEASE_STATE_COMPLETED
    assert (update.end_offset_micros, update.ramp_down_offset_micros) == (6000, 4000)
    assert (update.last_batch_number, update.timestamp_source) == (8, "kernel")
    assert list(update.notes) == ["n", "m"]


@pytest.mark.parametrize(
    ("endings", "outcome"),
    [
        ([Ended("lease"), Ended("lease")], "COMPLETED"),
        ([Ended("lease"), Ended("lease", cancelled=True)], "CANCELLED"),
        ([Ended("lease", error="boom"), Ended("lease", cancelled=True)], "FAILED"),
    ],
)
def test_outcome_is_the_worst_of_the_workers(endings, outcome):
    one = lease()
    for worker, ended in zip((0, 2), endings, strict=True):
        one.take(worker, ended)
    assert one.outcome == agent_pb2.LeaseState.Value(f"LEASE_STATE_{outcome}")


@pytest.mark.parametrize(
    ("reads", "source"),
    [
        (((5, True), (0, False)), "kernel"),
        (((5, True), (5, False)), "user"),
        (((0, False), (0, False)), ""),
    ],
)
def test_a_worker_that_received_nothing_says_nothing_about_the_stamps(reads, source):
    one = lease()
    for worker, (count, kernel) in zip((0, 2), reads, strict=True):
        one.take(worker, Ended("lease", health=Health(reads=count, kernel_stamps=kernel)))
    one.state = one.outcome
    assert one.to_update(0).timestamp_source == source


def test_notes_with_a_number_add_up_over_the_workers():
    one = lease()
    one.take(0, Ended("lease", unsent=3, resent=2))
    one.take(2, Ended("lease", unsent=3, resent=0))
    one.state = one.outcome
    first, second = one.to_update(1).notes
    assert first.startswith("6 arrivals were due but never sent")
    assert second == "2 requests were sent again because the server had closed an idle connection"


def test_dead_worker_fails_the_lease_with_how_it_died():
    one = lease()
    one.take(0, Ended("lease"))
    one.worker_died(0, "after its end: no matter")
    one.worker_died(2, "was killed")
    assert one.all_ended
    assert one.error == "was killed"
    assert one.outcome == agent_pb2.LEASE_STATE_FAILED


def test_health_is_the_worst_share_and_the_sum_of_counts():
    busy = Health(
        wall_micros=1000, cpu_micros=900, reads=70, coalesced_reads=7, late_arrivals=4, open_files_limit=50
    )
    one = lease()
    one.take(0, Progress("lease", 1, 0, 1, HEALTH))
    one.take(2, Progress("lease", 1, 0, 1, busy))
    merged = one.to_progress(0).health
    assert merged.cpu_share == 0.9
    assert merged.cpu_micros == 1150
    assert merged.coalesced_share == 0.1
    assert (merged.late_arrivals, merged.reads) == (5, 100)
    assert (merged.open_files, merged.open_files_limit) == (9, 100)
    assert lease().to_progress(0).health.cpu_share == 0
