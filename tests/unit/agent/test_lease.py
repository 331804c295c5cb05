import pytest

from agent.lease import Lease
from agent.worker.messages import Batch, Ended, Health, Prepared, Progress
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
    """Dealt to three workers, of which two got something."""
    one = Lease("lease")
    one.deal({0: 0, 2: 1}, 3)
    return one


def test_lease_is_ready_when_all_its_workers_are():
    one = lease()
    one.take(0, Prepared("lease"))
    assert not one.all_prepared
    one.take(2, Prepared("lease"))
    assert one.all_prepared


def test_progress_adds_up_and_an_ended_worker_counts_with_its_last_figures():
    one = lease()
    one.take(0, Progress("lease", 10, 4, 6, 31, HEALTH))
    one.take(2, Progress("lease", 5, 5, 0, 30, HEALTH))
    one.take(2, Ended("lease", started=7, ended=7, next_ordinal=44, health=HEALTH))
    progress = one.to_progress(3)
    assert (progress.started, progress.ended, progress.in_flight) == (17, 11, 6)
    assert progress.unacknowledged_batches == 3
    assert progress.next_ordinal == 44


def test_completed_update_tells_the_end_of_the_last_and_the_ramp_down_of_the_first():
    one = lease()
    one.take(0, Ended("lease", end_ns=5_000_000, ramp_down_ns=4_000_000, health=HEALTH, notes=("n",)))
    one.take(2, Ended("lease", end_ns=6_000_000, ramp_down_ns=0, health=HEALTH, notes=("n", "m")))
    assert one.at_work == []
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


def test_lease_goes_on_without_a_dead_worker_and_tells_what_is_lost_with_it():
    one = lease()
    one.take(2, Prepared("lease"))
    assert not one.all_prepared
    one.begin_ns = one.start_ns = 1_000_000_000
    one.take(0, Progress("lease", 5, 3, 2, 13, HEALTH))
    one.take(0, Batch("lease", b"", 16))
    assert one.worker_died(0, "worker process 0 (pid 7) was killed by signal 9", 3_500_000_000)
    assert not one.worker_died(0, "again: no matter", 4_000_000_000)
    assert not one.worker_died(1, "nothing of the lease fell to it", 4_000_000_000)
    assert one.at_work == [2]
    assert one.all_prepared
    assert one.to_progress(0).in_flight == 0
    one.take(2, Ended("lease", end_ns=3_000_000, health=HEALTH))
    assert not one.worker_died(2, "after its end: no matter", 4_000_000_000)
    one.state = one.outcome
    update = one.to_update(2)
    assert update.state == agent_pb2.LEASE_STATE_COMPLETED
    (loss,) = update.lost_workers
    assert (loss.worker, loss.worker_count, loss.offset_micros, loss.next_ordinal) == (0, 3, 2_500_000, 16)
    assert "killed by signal 9" in loss.error
    assert "killed by signal 9" in update.notes[0]
    assert update.end_offset_micros == 2_500_000
    assert update.health.reads == 60


@pytest.mark.parametrize(("cancelling", "outcome"), [(False, "COMPLETED"), (True, "CANCELLED")])
def test_lease_whose_workers_have_all_died_has_not_failed(cancelling, outcome):
    one = lease()
    for worker in (0, 2):
        one.worker_died(worker, f"worker {worker} died", 1)
    one.cancelling = cancelling
    assert one.at_work == []
    assert one.outcome == agent_pb2.LeaseState.Value(f"LEASE_STATE_{outcome}")
    assert [(loss.worker, loss.offset_micros) for loss in one.to_update(0).lost_workers] == [(0, 0), (1, 0)]


def test_lease_stopped_before_it_was_dealt_is_cancelled():
    one = Lease("lease", cancelling=True)
    assert one.outcome == agent_pb2.LEASE_STATE_CANCELLED


def test_time_behind_the_fence_is_told():
    one = lease()
    for worker in (0, 2):
        one.take(worker, Ended("lease", unsent=worker))
    one.fenced_ns = 2_500_000_000
    one.state = one.outcome
    first, second = one.to_update(0).notes
    assert first.startswith("no request was started for 2.5 s because the controller did not answer")
    assert second == "2 arrivals were due but never sent: they were held back"


def test_health_is_the_worst_share_and_the_sum_of_counts():
    busy = Health(
        wall_micros=1000, cpu_micros=900, reads=70, coalesced_reads=7, late_arrivals=4, open_files_limit=50
    )
    one = lease()
    one.take(0, Progress("lease", 1, 0, 1, 1, HEALTH))
    one.take(2, Progress("lease", 1, 0, 1, 2, busy))
    merged = one.to_progress(0).health
    assert merged.cpu_share == 0.9
    assert merged.cpu_micros == 1150
    assert merged.coalesced_share == 0.1
    assert (merged.late_arrivals, merged.reads) == (5, 100)
    assert (merged.open_files, merged.open_files_limit) == (9, 100)
    assert lease().to_progress(0).health.cpu_share == 0
