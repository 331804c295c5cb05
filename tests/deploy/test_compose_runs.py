"""What docker-compose.yml describes works together: its demo, as processes of this machine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from redis import Redis
from redis.exceptions import NoPermissionError

from tests.deploy.compose_file import ROOT, stack
from tests.deploy.local_stack import LocalStack, local_stack
from tests.deploy.programs import program
from tests.patience import PATIENCE_SECONDS

# As somebody might have it in .env; the older system did not start with its own default of the second.
VARIABLES = {"LOADCELL_WORKERS": "1", "CORS_ORIGINS": "*"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack"), VARIABLES) as started:
        started.up("demo")
        assert started.wait_ended("demo") == 0, started.log("demo")
        yield started


def fetch(url: str, **headers: str) -> str:
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def refused(url: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(url, **headers)
    caught.value.close()
    return caught.value.code


def api(running: LocalStack, path: str) -> Any:
    url = f"http://127.0.0.1:{running.port('gateway', 8085)}/api/v1/{path}"
    assert refused(url) == 401
    return json.loads(fetch(url, X_API_Key=running.secret("api_key")))


def test_the_demo_is_one_finished_run_of_both_agents(running: LocalStack):
    (run,) = api(running, "benchmark/history")["runs"]
    assert run["status"] == "completed"
    result = api(running, f"benchmark/result/{run['run_id']}")
    assert [level["concurrency"] for level in result["results"]] == [2, 10, 50]
    assert result["summary"]["total_requests"] == 300
    assert {agent["agent_id"] for agent in result["agents"]} == {"agent-1", "agent-2"}


def test_the_command_of_the_stack_sees_it(running: LocalStack):
    shown = json.loads(running.run("cli", "agents", "list", "--json"))
    assert {agent["agent_id"]: agent["state"] for agent in shown["agents"]} == {
        "agent-1": "ready",
        "agent-2": "ready",
    }


def test_W43_W44_whatever_prometheus_is_told_to_scrape_answers(running: LocalStack):
    prometheus = stack().services["prometheus"]
    for job in yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]:
        if not job["job_name"].startswith("loadcell-"):
            continue
        for target in job["static_configs"][0]["targets"]:
            name, _, port = target.partition(":")
            url = f"http://127.0.0.1:{running.port(name, int(port))}/metrics"
            headers = {}
            if "authorization" in job:
                assert refused(url) == 401
                key = running.place(prometheus, job["authorization"]["credentials_file"]).read_text()
                headers["Authorization"] = f"Bearer {key}"
            assert re.search(r"(?m)^# TYPE \w+ (counter|gauge|histogram)$", fetch(url, **headers)), target


def test_W44_prometheus_sees_all_of_it_and_its_rules_can_be_asked(running: LocalStack, tmp_path: Path):
    service = running.services["prometheus"]
    shutil.copytree(ROOT / "deploy" / "prometheus", tmp_path, dirs_exist_ok=True)
    own = tmp_path / "prometheus.yml"
    text = running.said(service, own.read_text())
    own.write_text(re.sub(r"(scrape_interval|scrape_timeout|evaluation_interval): \d+s", r"\1: 1s", text))
    listening = f"--web.listen-address=127.0.0.1:{running.port('prometheus', 9090)}"
    files = {"/etc/prometheus/prometheus.yml": own}
    running.up_other("prometheus", program("prometheus", "prometheus"), files, listening)
    base = f"http://127.0.0.1:{running.port('prometheus', 9090)}/api/v1/"
    for path, problems in (("targets?state=active", problems_of_targets), ("rules", problems_of_rules)):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left := asked(base + path, problems):
            assert running.processes["prometheus"].poll() is None, running.log("prometheus")
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
    assert len(queried(base, 'loadcell_runs{status="completed", job="loadcell-gateway"}')) == 1
    assert len(queried(base, "loadcell_agent_up_to_controller == 1")) == 2


def queried(base: str, expression: str) -> list[Any]:
    return json.loads(fetch(f"{base}query?{urllib.parse.urlencode({'query': expression})}"))["data"]["result"]


def asked(url: str, problems: Callable[[Any], list[Any]]) -> list[Any]:
    try:
        return problems(json.loads(fetch(url))["data"])
    except OSError as error:
        return [error]


def problems_of_targets(data: Any) -> list[Any]:
    ours = [one for one in data["activeTargets"] if one["labels"]["job"].startswith("loadcell-")]
    return [one for one in ours if one["health"] != "up"] if len(ours) == 4 else [data]


def problems_of_rules(data: Any) -> list[Any]:
    rules = [rule for group in data["groups"] for rule in group["rules"]]
    return [rule for rule in rules if rule["health"] != "ok"] if rules else [data]


def test_the_exporter_shows_the_run(running: LocalStack):
    url = f"http://127.0.0.1:{running.port('gateway', 9090)}/metrics"
    shown = fetch(url, Authorization=f"Bearer {running.secret('exporter_key')}")
    assert re.search(r'(?m)^loadcell_runs\{status="completed"\} 1\.0$', shown)
    assert 'model="demo-model"' in shown


def test_the_gateway_may_read_and_change_nothing(running: LocalStack):
    key = (running.place(running.services["gateway"], "/data/key")).read_text()
    url = f"http://127.0.0.1:{running.port('gateway', 8085)}/api/v1/"
    me = json.loads(fetch(url + "auth/me", X_API_Key=key))
    assert {one for one in me["permissions"] if not one.endswith(":read")} == {"exports:download"}
    assert key != running.secret("api_key")


def documented() -> list[str]:
    """The commands of docs/compose.md, with the places of this machine."""
    blocks = re.findall(r"(?ms)^```\n(.*?)^```", (ROOT / "docs" / "compose.md").read_text())
    return [line for block in blocks for line in block.splitlines()]


def test_the_page_can_be_followed(running: LocalStack):
    secrets = f"{running.folder}/secrets"
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(running.folder)}
    done = []
    for shown in documented():
        line = shown.replace("http://10.0.0.7:8000", "http://mock-server:8000").replace(" 1,10,50", " 50")
        words = shlex.split(line)
        if words[0] == "export":
            given = dict(word.split("=", 1) for word in words[1:])
            port = given["LOADCELL_CONTROLLER"].rpartition(":")[2]
            given["LOADCELL_CONTROLLER"] = f"127.0.0.1:{running.port('controller', int(port))}"
            given["LOADCELL_API_KEY_FILE"] = given["LOADCELL_API_KEY_FILE"].replace("deploy/secrets", secrets)
            environment |= given
        elif words[:5] == ["docker", "compose", "run", "--rm", "cli"]:
            assert running.run(*words[4:])
        elif words[0] in ("curl", "loadcell"):
            here = line.replace("deploy/secrets", secrets).replace("8085", str(running.port("gateway", 8085)))
            ran = subprocess.run(["sh", "-ec", here], env=environment, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, f"{here}\n{ran.stderr}"
            assert "agent-1" in ran.stdout or words[0] == "loadcell"
        else:
            continue
        done.append(words[0])
    assert {"export", "docker", "curl", "loadcell"} == set(done)


def test_W5_every_origin_may_be_allowed(running: LocalStack):
    url = f"http://127.0.0.1:{running.port('gateway', 8085)}/health"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Origin": "https://page.example"})) as answer:
        assert answer.headers["access-control-allow-origin"] == "*"


def test_credentials_are_kept_and_made_anew_when_they_were_revoked(running: LocalStack):
    service = running.services["enrol-agent-1"]
    kept = running.place(service, "/data/token")
    before = kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    arguments = service.fields["command"]
    assert "is good" in running.run("enrol-agent-1", *arguments)
    assert kept.read_text() == before
    (token,) = (
        one
        for one in json.loads(running.run("cli", "agents", "token", "list", "--json"))["tokens"]
        if before.partition("lc_agent_")[2].startswith(one["prefix"])
    )
    assert token["agent_id"] == arguments[1]
    running.run("cli", "agents", "token", "revoke", token["token_id"])
    assert "a new credential" in running.run("enrol-agent-1", *arguments)
    assert kept.read_text() != before
    assert running.wait_ended("agent-1") == 1
    running.up("agent-1")
    running.wait_healthy("agent-1")


def test_the_database_user_is_no_superuser_and_redis_lets_nobody_else_in(running: LocalStack):
    controller = running.services["controller"]
    with psycopg.connect(running.said(controller, running.secret("database_url"))) as database:
        row = database.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = user")
        assert row.fetchone() == (False, False, False)
    url = running.said(controller, running.secret("redis_url"))
    with Redis.from_url(url) as redis:
        names = list(redis.scan_iter())
        assert names
        assert all(one.startswith(b"loadcell:") for one in names)
        with pytest.raises(NoPermissionError):
            redis.config_get()
    with Redis(port=running.port("redis", 6379), username="health", password="none") as probe:
        assert probe.ping()
        with pytest.raises(NoPermissionError):
            probe.get("loadcell:x")
    assert "redis_away" not in running.log("controller")


def test_no_secret_is_in_a_log(running: LocalStack):
    secrets = {one: running.secret(one) for one in stack().fields["secrets"]}
    for name in running.processes.keys() - {"postgres"}:
        assert not [one for one, text in secrets.items() if text in running.log(name)], name


def test_the_stack_for_development_works(tmp_path: Path):
    with local_stack(tmp_path, {}) as started:
        started.up("gateway-dev", "agent-dev")
        started.wait_healthy("gateway-dev")
        started.wait_healthy("agent-dev")
        url = f"http://127.0.0.1:{started.port('gateway-dev', 8085)}/api/v1/agents"
        assert refused(url) == 401
        assert "agent-dev" in fetch(url, X_API_Key=started.secret("api_key"))
        assert not {"postgres", "redis"} & started.processes.keys()


def test_the_database_is_checked_saved_and_put_back_as_documented(running: LocalStack):
    lines = [shlex.split(line) for line in documented()]
    check, save = (words[3:] for words in lines if words[2:3] == ["exec"])
    (back,) = (words[4:] for words in lines if words[2:4] == ["run", "--rm"] and "restore" in words)
    running.execute(*check)
    running.execute(*save)
    before = api(running, "benchmark/history")
    assert running.stop("gateway", "controller") == {"gateway": 0, "controller": 0}
    running.run(*back)
    running.up("controller")
    running.wait_healthy("controller")
    running.up("gateway")
    running.wait_healthy("gateway")
    assert api(running, "benchmark/history") == before


def test_W48_when_all_are_told_to_end_they_do(running: LocalStack):
    """The last one: nobody is there afterwards."""
    agents = ("agent-1", "agent-2", "mock-server")
    assert running.stop(*agents) == dict.fromkeys(agents, 0)
    others = ("gateway", "controller", "redis")
    assert running.stop(*others) == dict.fromkeys(others, 0)
