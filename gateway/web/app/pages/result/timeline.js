// What happened in each second of a run, with the seconds in which nothing came although requests were in flight.

import { makeChart } from "../../charts.js";
import { path } from "../../api.js";
import { h } from "../../dom.js";
import { count, milliseconds } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import * as words from "../../texts/result.js";
import { levelName } from "./levels.js";

const MOST_POINTS = 10_000;
const t = texts(words);

export function timeline(result, { api, signal }) {
  return region({
    load: () => api.get(path`/api/v1/benchmark/run/${result.run_id}/timeline`, { query: { limit: MOST_POINTS }, timeout: 60_000 }),
    draw: ({ points, next_offset_seconds: rest }, drawing) => (points.length ? drawn(result, points, rest, drawing) : empty(t("no_seconds"), t("no_seconds_advice"))),
    signal,
    lines: 10,
  }).node;
}

function drawn({ results }, points, rest, signal) {
  const begin = new Date(points[0].started_at).getTime();
  const secondsAt = (one) => (new Date(one.started_at).getTime() - begin) / 1000;
  // Lines are broken between levels, when nothing was under way.
  const rows = points.flatMap((one, at) => (at > 0 && one.level !== points[at - 1].level ? [null, one] : [one]));
  const x = rows.map((one, at) => secondsAt(one ?? rows[at + 1]));
  const starts = results.map((level) => ({ level, first: points.find((one) => one.level === level.index) })).filter(({ first }) => first);
  const marks = starts.map(({ level, first }) => ({ x: secondsAt(first), text: levelName(level) }));
  const still = rows.map((one) => one !== null && one.in_flight > 0 && one.success_count === 0 && one.error_count === 0);
  const of = (name) => rows.map((one) => one && one[name]);
  const line = (name, y, rest_ = {}) => ({ name, x, y, ...rest_ });
  const seconds = { title: t("seconds") };
  const chart = (spec) => makeChart({ x: seconds, marks, ...spec }, signal).node;
  const stalled = results.reduce((sum, one) => sum + Number(one.stalled_requests), 0);
  const longest = Math.max(...results.map((one) => one.longest_stall_ms ?? 0));
  return [
    figures(
      figure(t("stalled_requests"), count(stalled), { term: "stalls", tone: stalled ? "warn" : "" }),
      figure(t("longest_stall"), longest ? milliseconds(longest) : t("none_of_them")),
      figure(t("still_seconds"), count(still.filter(Boolean).length), { note: t("still_seconds_note") }),
    ),
    rest !== null && rest !== undefined && h("p", { class: "small" }, t("first_seconds", { count: count(points.length) })),
    card(t("timeline"), {}, chart({
      title: t("tokens_over_time"), term: "throughput", y: { title: t("tokens_per_second") },
      series: [line(t("tokens_per_second"), of("output_tokens")), line(t("still"), still.map((isStill) => (isStill ? 0 : null)), { kind: "points", color: 5 })],
    }), chart({
      title: t("requests_over_time"), y: { title: t("requests_per_second") }, y2: { title: t("in_flight") },
      series: [line(t("due"), of("due_count"), { dashed: true }), line(t("sent"), of("sent_count")), line(t("succeeded"), of("success_count")), line(t("failed"), of("error_count"), { color: 5 }), line(t("in_flight"), of("in_flight"), { axis: 2, kind: "step", color: 7 })],
    }), chart({
      title: t("latency_over_time"), term: "percentile", y: { title: t("milliseconds") },
      series: [["ttft", "TTFT"], ["e2e", "E2E"]].flatMap(([key, name]) => ["p50", "p95"].map((one) => line(`${name} ${one}`, rows.map((row) => row?.[key]?.[one] ?? null), { dashed: one === "p95" }))),
    })),
  ];
}
