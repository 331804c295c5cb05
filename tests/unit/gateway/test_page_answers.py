"""What pages make of answers that break off, and of figures, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.test_run_pages import PAGES, reckoned

ASK = """
const { body, of, timeout } = given;
const chunks = (controller, signal) => {
  for (const text of body) controller.enqueue(new TextEncoder().encode(text));
  if (timeout) signal.addEventListener("abort", () => controller.error(signal.reason));
  else if (given.breaks) controller.error(new TypeError("terminated"));
  else controller.close();
};
globalThis.fetch = async (address, { signal }) => {
  const stream = new ReadableStream({ start: (controller) => chunks(controller, signal) });
  return new Response(stream, { headers: { "Content-Type": given.type } });
};
const told = { pieces: [] };
const alive = setInterval(() => {}, 1000); // the clock of a time limit keeps no process alive
try {
  const api = page.makeApi(new AbortController().signal);
  if (of === "events") for await (const piece of api.events("/x")) told.pieces.push(piece);
  else told.body = await api.get("/x", { tries: 1, ...(timeout ? { timeout } : {}) });
} catch (error) {
  Object.assign(told, { error: error.name, reason: error.reason });
}
clearInterval(alive);
console.log(JSON.stringify(told));
"""
JSON = "application/json"
EVENTS = "text/event-stream"


def answered(**given: Any) -> Any:
    return reckoned("../api.js", ASK, {"of": "body", "type": JSON, "breaks": False, **given})


def test_an_answer_that_breaks_off_or_takes_too_long_is_no_fault_of_the_page() -> None:
    assert answered(body=['{"a": ', "1}"])["body"] == {"a": 1}
    broken = answered(body=['{"a": '], breaks=True)
    assert (broken["error"], broken["reason"]) == ("ApiError", "UNREACHABLE")
    late = answered(body=['{"a": '], timeout=50)
    assert (late["error"], late["reason"]) == ("ApiError", "TIMEOUT")


@pytest.mark.parametrize(
    ("last", "reason"), [("data: [DONE]\n\n", None), ("", "UNREACHABLE"), ('data: {"n": 2', "UNREACHABLE")]
)
def test_events_end_with_their_mark_or_have_broken_off(last: str, reason: str | None) -> None:
    told = answered(of="events", type=EVENTS, body=['data: {"n"', ": 1}\r\n\r\n: heartbeat\n\n", last])
    assert (told["pieces"], told.get("reason")) == ([{"n": 1}], reason)


def test_nearly_all_is_not_written_as_all() -> None:
    script = """
    globalThis.navigator ??= { language: "en" };
    const { perCent } = await import(given.format);
    console.log(JSON.stringify(given.values.map((one) => perCent(one))));
    """
    values = {0: "0 %", 0.0004: "0.0004 %", 12.345: "12.3 %", 99.94: "99.9 %", 99.97: "> 99.9 %", 100: "100 %"}
    given = {"format": str(PAGES.parent / "format.js"), "values": [*values, 104, -99.99]}
    assert reckoned("trace/gaps.js", script, given) == [*values.values(), "104 %", "-100 %"]


def test_stalls_are_those_of_the_agents() -> None:
    script = "console.log(JSON.stringify(given.map((one) => page.stallsOf(one))));"
    gaps = [[], [10, 10, 10, 199], [10, 10, 10, 201], [50, 50, 50, 240, 260], [200]]
    assert reckoned("trace/gaps.js", script, gaps) == [[], [], [201], [260], []]
