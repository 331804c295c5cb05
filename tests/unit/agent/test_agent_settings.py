import os
import subprocess
import sys

import pytest

from agent.backoff import Backoff
from agent.calibration import HostCalibration, calibration_file, load_calibration, store_calibration
from agent.host import default_agent_id, host_facts
from agent.settings import AgentSettings
from agent.worker.messages import Target
from loadcell.settings import SettingsError, load
from tests.patience import PATIENCE_SECONDS


def test_defaults():
    settings = load(AgentSettings, {})
    assert (str(settings.controller), settings.workers, settings.uplink_memory_mb) == ("127.0.0.1:50051", 0, 256)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOADCELL_WORKERS", "-1"), ("LOADCELL_AGENT_ID", "a b"), ("LOADCELL_CONTROLLER", "nowhere")],
)
def test_bad_setting_names_variable_and_value(name, value):
    with pytest.raises(SettingsError, match=f"{name}='{value}'"):
        load(AgentSettings, {name: value})


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("region", "not of the form key=value"),
        ("region=eu,region=us", "given twice"),
        ("region=eu,count=3", "'count' is how many agents"),
        ("region=" + "x" * 257, "256 characters"),
        (",".join(f"k{n}=v" for n in range(65)), "64 labels"),
    ],
)
def test_labels_by_which_no_run_could_choose_are_refused(value, complaint):
    with pytest.raises(SettingsError, match=f"LOADCELL_AGENT_LABELS=.*{complaint}"):
        load(AgentSettings, {"LOADCELL_AGENT_LABELS": value})
    assert load(AgentSettings, {"LOADCELL_AGENT_LABELS": "region=eu, zone=a"}).labels == {
        "region": "eu",
        "zone": "a",
    }


def test_bad_setting_ends_the_process_with_one_line_and_status_2():
    done = subprocess.run(
        [sys.executable, "-m", "agent"],
        env={**os.environ, "LOADCELL_WORKERS": "many"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 2
    assert done.stderr == "agent: LOADCELL_WORKERS='many': must be a whole number\n"


def test_agent_id_is_stable_and_valid(tmp_path):
    assert default_agent_id(tmp_path) == default_agent_id(tmp_path) != default_agent_id(tmp_path / "other")
    load(AgentSettings, {"LOADCELL_AGENT_ID": default_agent_id(tmp_path)})
    assert all(host_facts().values())


def test_target_shows_no_secret():
    target = Target("http://h", "openai", "m", "sk-key", {"X-Token": "hidden"}, True, 1, True, False)
    assert "sk-key" not in repr(target)
    assert "hidden" not in repr(target)


def test_calibration_survives_a_restart_and_a_broken_file_is_ignored(tmp_path):
    assert load_calibration(tmp_path) is None
    store_calibration(HostCalibration(1000.0, 2000.0, 30.0, 9.5, 1_700_000_000_000_000), tmp_path)
    assert load_calibration(tmp_path).cpu_micros_per_token == 9.5
    calibration_file(tmp_path).write_text("{")
    assert load_calibration(tmp_path) is None


def test_backoff_grows_to_a_bound_and_starts_over():
    backoff = Backoff()
    delays = [backoff.next() for _ in range(20)]
    assert delays[0] <= 0.1
    assert 2.5 <= delays[-1] <= 5
    backoff.reset()
    assert backoff.next() <= 0.1
