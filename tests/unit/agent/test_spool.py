"""The spool in a real directory, against a model of what must be in it."""

import multiprocessing
import os
import resource
import signal
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.spool import spool as spool_module
from agent.spool.claim import SpoolInUseError
from agent.spool.record import Header, encode
from agent.spool.spool import DamagedError, Spool

LIMIT = 1 << 20


def keep(spool, lease_id, number, columns):
    header = Header(lease_id, number, len(columns), zlib.crc32(columns))
    return header, spool.append(header, columns)


def contents(spool):
    return {
        (header.lease_id, header.number): (place, spool.read(place, header.crc32))
        for header, place in spool.recover()
    }


def files(directory):
    return sorted(path for path in directory.iterdir() if path.suffix == ".segment")


def used(directory):
    return sum(path.stat().st_size for path in files(directory))


def test_what_is_not_released_is_there_after_a_restart(tmp_path):
    spool = Spool(tmp_path, LIMIT)
    places = [keep(spool, "a", number, b"batch %d" % number)[1] for number in range(1, 6)]
    for place in places[:2]:
        spool.release(place)
    spool.close()
    again = Spool(tmp_path, LIMIT)
    found = contents(again)
    # Segments are let go as a whole: what was acknowledged may come again, what was not is never missing.
    assert {key: data for key, (_, data) in found.items()} == {("a", n): b"batch %d" % n for n in range(1, 6)}
    for place, _ in found.values():
        again.release(place)
    assert files(tmp_path) == []
    again.close()


@pytest.mark.parametrize("limit", [70_000, 1 << 30])
def test_as_long_as_all_is_released_soon_there_is_one_segment_of_bounded_size(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(spool_module, "_SEGMENT_BYTES", 100_000)
    spool = Spool(tmp_path, limit)
    for number in range(1, 100):
        _, place = keep(spool, "a", number, bytes(30_000))
        assert len(files(tmp_path)) == 1
        assert used(tmp_path) <= min(limit, 100_000)
        spool.release(place)
    spool.trim()
    assert files(tmp_path) == []
    spool.close()


def test_the_limit_is_never_exceeded_and_released_room_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "_SEGMENT_BYTES", 10_000)
    spool = Spool(tmp_path, 50_000)
    places = [keep(spool, "a", number, bytes(3_000))[1] for number in range(1, 17)]
    with pytest.raises(OSError, match="LOADCELL_SPOOL_MB"):
        keep(spool, "a", 17, bytes(3_000))
    assert 45_000 < used(tmp_path) <= 50_000
    for place in places[:6]:
        spool.release(place)
    keep(spool, "a", 17, bytes(3_000))
    assert used(tmp_path) <= 50_000
    spool.close()


def test_a_second_process_is_told_who_has_the_spool(tmp_path):
    first = Spool(tmp_path, LIMIT)
    with pytest.raises(SpoolInUseError, match=f"process id {os.getpid()}; give each agent its own"):
        Spool(tmp_path, LIMIT)
    first.close()
    Spool(tmp_path, LIMIT).close()


@pytest.mark.parametrize("how", ["changed", "cut off", "removed"])
def test_damaged_bytes_are_recognised(tmp_path, how):
    spool = Spool(tmp_path, LIMIT)
    header, place = keep(spool, "a", 1, b"x" * 100)
    (path,) = files(tmp_path)
    if how == "changed":
        path.write_bytes(path.read_bytes()[:-50] + b"y" + path.read_bytes()[-49:])
    elif how == "cut off":
        os.truncate(path, place.offset + 10)
    else:
        path.unlink()
    with pytest.raises(DamagedError, match=path.name):
        spool.read(place, header.crc32)
    spool.release(place)
    spool.close()


def test_a_damaged_header_costs_its_batch_only(tmp_path):
    spool = Spool(tmp_path, LIMIT)
    for number in (1, 2, 3):
        keep(spool, "a", number, b"batch %d" % number)
    spool.close()
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 + 5] ^= 1
    path.write_bytes(data)
    spool = Spool(tmp_path, LIMIT)
    assert sorted(contents(spool)) == [("a", 1), ("a", 3)]
    spool.close()


def test_foreign_files_are_left_alone(tmp_path):
    (tmp_path / "notes.segment").write_text("mine")
    spool = Spool(tmp_path, LIMIT)
    assert spool.recover() == []
    spool.close()
    assert (tmp_path / "notes.segment").read_text() == "mine"


@pytest.fixture
def largest_file():
    """Let no file grow beyond a size, as a full disk does: the write in which it happens is cut short."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_write_that_fails_leaves_nothing_and_the_next_segment_is_tried(tmp_path, largest_file):
    spool = Spool(tmp_path, LIMIT)
    keep(spool, "a", 1, bytes(600))
    largest_file(1_000)
    with pytest.raises(OSError, match="File too large"):
        keep(spool, "a", 2, bytes(600))
    assert used(tmp_path) < 700
    keep(spool, "a", 3, bytes(600))
    spool.close()
    spool = Spool(tmp_path, LIMIT)
    assert sorted(contents(spool)) == [("a", 1), ("a", 3)]
    spool.close()


def test_a_full_disk_gives_the_room_of_what_is_released_to_what_comes(tmp_path, largest_file):
    spool = Spool(tmp_path, LIMIT)
    largest_file(1_000)
    for number in range(1, 10):
        spool.release(keep(spool, "a", number, bytes(600))[1])
        assert len(files(tmp_path)) == 1
    spool.close()


def _write_for_ever(directory, told):
    spool, number = Spool(directory, 1 << 30), 0
    while True:
        number += 1
        keep(spool, "a", number, os.urandom(20_000))
        told.value = number


@pytest.mark.parametrize("least", [1, 40, 170])
def test_sigkill_while_writing_loses_nothing_that_was_written(tmp_path, least):
    context = multiprocessing.get_context("fork")
    told = context.Value("q", 0)
    writer = context.Process(target=_write_for_ever, args=(tmp_path, told))
    writer.start()
    while told.value < least:
        pass
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    spool = Spool(tmp_path, LIMIT)  # the lock went with its owner
    numbers = sorted(number for _, number in contents(spool))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) - told.value in (0, 1)
    spool.close()


UNDER_WAY = encode(Header("a", 1, 300, 7)) + bytes(300)
STEPS = st.one_of(
    st.tuples(st.just("append"), st.sampled_from("ab"), st.integers(0, 900)),
    st.tuples(st.just("release"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("crash"), st.integers(0, len(UNDER_WAY) - 1), st.just(0)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(STEPS, max_size=40))
def test_whatever_is_written_released_and_torn_the_spool_holds_what_is_not_released(tmp_path_factory, script):
    """A crash may happen at any byte of a write; what is released may come again, nothing else may be missing."""
    directory = tmp_path_factory.mktemp("spool")
    patch = pytest.MonkeyPatch()
    patch.setattr(spool_module, "_SEGMENT_BYTES", 1_500)
    spool, wanted, ever, last = Spool(directory, 8_000), {}, {}, 0
    try:
        for step, choice, size in script:
            if step == "append":
                last += 1
                columns = bytes([last % 256]) * size
                try:
                    header, place = keep(spool, choice, last, columns)
                except OSError:
                    continue
                wanted[choice, last] = place, columns, header.crc32
                ever[choice, last] = columns
            elif step == "release" and wanted:
                key = sorted(wanted)[choice % len(wanted)]
                spool.release(wanted.pop(key)[0])
            elif step == "crash":
                # A process writes to segments of its own only.
                with (directory / f"{spool._active or spool._next:012d}.segment").open("ab") as file:
                    file.write(UNDER_WAY[:choice])
                os.close(spool._lock)
                spool = Spool(directory, 8_000)
                found = contents(spool)
                assert wanted.keys() <= found.keys() <= ever.keys()
                assert all(data == ever[key] for key, (_, data) in found.items())
                wanted = {key: (place, data, zlib.crc32(data)) for key, (place, data) in found.items()}
            assert all(spool.read(place, crc32) == data for place, data, crc32 in wanted.values())
            assert used(directory) <= 8_000 + 41 * len(UNDER_WAY)
        for place, _, _ in wanted.values():
            spool.release(place)
        spool.close()
        assert files(directory) == []
    finally:
        patch.undo()
