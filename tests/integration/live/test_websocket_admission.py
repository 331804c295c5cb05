"""Who may watch: every way to say who one is, and every reason to be sent away."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.integration.live.conftest import BOSS, PAGE, closed, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "01234567-89ab-7def-8123-456789abcdef"


async def told(world, path: str, **more) -> tuple[str, int]:
    """The word that comes, of an end or of an error, and the close code."""
    async with world.gateway.socket(path, **more) as socket:
        messages, code, reason = await closed(socket)
    (message,) = messages
    assert reason == ("" if code == 1000 else message["code"])
    return message.get("code", message["type"]), code


def of_run(run_id: str, query: str = "") -> str:
    return f"/api/v1/benchmark/ws/run/{run_id}{query}"


async def test_S4_nobody_is_told_anything_without_a_credential(world):
    run_id = await world.ended_run()
    assert await told(world, of_run(run_id)) == ("MISSING_AUTHORIZATION", 4401)
    wrong = {"X-API-Key": "wrong"}
    assert await told(world, of_run(run_id), headers=wrong) == ("INVALID_API_KEY", 4401)
    assert await told(world, "/ws") == ("MISSING_AUTHORIZATION", 4401)
    assert (await world.gateway.http.get("/api/v1/benchmark/ws/stats")).status_code == 401


async def test_headers_subprotocols_and_tickets_let_in(world):
    path = of_run(await world.ended_run())
    shown = [
        {"headers": world.boss},
        {"headers": {"Authorization": f"Bearer {BOSS.reveal()}"}},
        {"subprotocols": ["loadcell", f"ticket.{await world.ticket()}"]},
    ]
    for one in shown:
        assert await told(world, path, **one) == ("failed", 1000)
    assert await told(world, f"{path}?ticket={await world.ticket()}") == ("failed", 1000)


async def test_a_browser_hears_of_the_subprotocol_that_was_chosen_and_not_of_its_credential(world):
    client = await world.client()
    key = (await client.create_api_key("page", role="viewer", projects=["default"])).key
    path = of_run(await world.ended_run())
    async with world.gateway.socket(path, subprotocols=["loadcell", f"bearer.{key}"]) as socket:
        assert socket.subprotocol == "loadcell"
        messages, code, _ = await closed(socket)
    assert ([message["type"] for message in messages], code) == (["failed"], 1000)


async def test_a_ticket_opens_one_connection(world):
    path = f"{of_run(await world.ended_run())}?ticket={await world.ticket()}"
    assert await told(world, path) == ("failed", 1000)
    assert await told(world, path) == ("INVALID_TOKEN", 4401)


async def test_two_credentials_are_one_too_many(world):
    path = of_run(await world.ended_run())
    ticket = await world.ticket()
    assert await told(world, f"{path}?ticket={ticket}", headers=world.boss) == ("INVALID_REQUEST", 4400)
    assert await told(world, f"{path}?ticket={ticket}&ticket={ticket}") == ("INVALID_REQUEST", 4400)
    offered = ["loadcell", "bearer.a", "bearer.b"]
    assert await told(world, path, subprotocols=offered) == ("INVALID_REQUEST", 4400)


async def test_a_token_in_the_url_is_refused_unless_a_setting_allows_it(world, tmp_path, capfd):
    path = of_run(await world.ended_run(), f"?token={BOSS.reveal().replace(' ', '%20')}")
    assert await told(world, path) == ("INVALID_REQUEST", 4400)
    async with open_world(tmp_path, url_tokens=True) as other:
        path = of_run(await other.ended_run(), f"?token={BOSS.reveal().replace(' ', '%20')}")
        assert await told(other, path) == ("failed", 1000)
    assert BOSS.reveal() not in "".join(capfd.readouterr())


async def test_tickets_are_not_in_the_log(world, capfd):
    ticket = await world.ticket()
    await told(world, of_run(await world.ended_run(), f"?ticket={ticket}"))
    logged = "".join(capfd.readouterr())
    assert "websocket_opened" in logged
    assert ticket not in logged


@pytest.mark.parametrize("run_id", [UNKNOWN, "nonsense"])
async def test_an_unknown_run_is_said_to_be_unknown(world, run_id):
    assert await told(world, of_run(run_id), headers=world.boss) == ("RUN_NOT_FOUND", 4404)


async def test_runs_of_other_projects_are_unknown(world):
    client = await world.client()
    key = (await client.create_api_key("other", role="viewer", projects=["beta"])).key
    run_id = await world.ended_run(project_id="alpha")
    assert await told(world, of_run(run_id), headers={"X-API-Key": key}) == ("RUN_NOT_FOUND", 4404)
    billing = (await client.create_api_key("billing", role="billing", projects=["alpha"])).key
    wanted = ("INSUFFICIENT_PERMISSIONS", 4403)
    assert await told(world, of_run(run_id), headers={"X-API-Key": billing}) == wanted


async def test_S4_pages_of_other_sites_are_refused_and_those_that_are_named_are_not(world, caplog):
    path = of_run(await world.ended_run())
    with pytest.raises(InvalidStatus) as refused:
        await told(world, path, headers=world.boss, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["error_code"] == "FOREIGN_ORIGIN"
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []
    for origin in (PAGE, f"http://{world.gateway.address}"):
        assert await told(world, path, headers=world.boss, origin=origin) == ("failed", 1000)


async def test_where_there_is_no_websocket_the_answer_says_so(world):
    with pytest.raises(InvalidStatus) as refused:
        await told(world, "/api/v1/benchmark/history", headers=world.boss)
    assert refused.value.response.status_code == 404
    assert refused.value.response.headers["Content-Type"] == "application/json"
    assert json.loads(refused.value.response.body)["error"]["error_code"] == "RESOURCE_NOT_FOUND"


async def test_a_handshake_that_is_none_is_refused_in_json(world):
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "7"}
    answer = await world.gateway.http.get("/ws", headers=headers)
    assert answer.status_code in (400, 426)
    assert answer.json()["error"]["error_code"] == "INVALID_REQUEST"


async def test_who_watches_is_told_to_all_who_may_read_and_to_no_wrong_credential(tmp_path):
    async with open_world(tmp_path, public_reads=True) as world:
        run_id, path = await world.controller.create(), "/api/v1/benchmark/ws/stats"
        async with world.gateway.socket(of_run(run_id)) as watching:
            assert json.loads(await watching.recv())["type"] == "progress"
            stats = await world.gateway.http.get(path)
            assert (stats.status_code, stats.json()) == (200, {"connections": {run_id: 1}, "total": 1})
        assert (await world.gateway.http.get(path, headers={"X-API-Key": "wrong"})).status_code == 401


async def test_connections_have_a_limit_and_so_have_those_of_one_caller(tmp_path):
    async with open_world(tmp_path, connections=3, connections_each=2) as world:
        run_id = await world.controller.create()
        path, client = of_run(run_id), await world.client()
        key = (await client.create_api_key("other", role="viewer", projects=["default"])).key
        async with (
            world.gateway.socket(path, headers=world.boss) as one,
            world.gateway.socket(path, headers=world.boss) as two,
        ):
            for socket in (one, two):
                assert json.loads(await socket.recv())["type"] == "progress"
            assert await told(world, path, headers=world.boss) == ("TOO_MANY_REQUESTS", 4429)
            async with world.gateway.socket(path, headers={"X-API-Key": key}) as three:
                assert json.loads(await three.recv())["type"] == "progress"
                other = {"X-API-Key": "any"}
                assert await told(world, path, headers=other) == ("TOO_MANY_REQUESTS", 4429)
                stats = await world.gateway.http.get("/api/v1/benchmark/ws/stats", headers=world.boss)
                assert stats.json() == {"connections": {run_id: 3}, "total": 3}
                other = (await client.create_api_key("elsewhere", role="viewer", projects=["beta"])).key
                stats = await world.gateway.http.get("/api/v1/benchmark/ws/stats", headers={"X-API-Key": other})
                assert stats.json() == {"connections": {}, "total": 0}
