// How the latencies of single requests are spread, at one level: counted in bins of equal width.

import { makeChart } from "../../charts.js";
import { h } from "../../dom.js";
import { count, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { region } from "../../parts/region.js";
import { empty, forbidden } from "../../parts/states.js";
import { may } from "../../session.js";
import * as words from "../../texts/result.js";
import { levelName } from "./levels.js";

const MOST_REQUESTS = 1_000;
const BINS = 40;
const MEASURES = { ttft: "ttft_ms", e2e: "duration_ms" };
const t = texts(words);

export function distribution(result, { query, choose, api, signal }) {
  if (!may("traces:read")) return forbidden("traces:read");
  const chosen = result.results.find((one) => String(one.index) === query.level) ?? result.results[0];
  const level = field({ name: "level", label: t("level"), type: "select", value: chosen.index, options: result.results.map((one) => [one.index, levelName(one)]) });
  const measure = field({ name: "measure", label: t("metric"), type: "select", value: query.measure ?? "ttft", options: Object.keys(MEASURES).map((name) => [name, t(`metric_${name}`)]) });
  const list = region({
    load: async () => {
      const index = Number(level.value());
      return { index, found: await api.post("/api/v1/traces/search", question(result.run_id, index)) };
    },
    draw: ({ index, found }, drawn) => {
      const name = measure.value();
      const values = found.data.filter((one) => !one.warmup && one.status_code === "OK" && one[MEASURES[name]] !== undefined).map((one) => one[MEASURES[name]]);
      if (!values.length) return empty(t("no_requests"), t("no_requests_advice"));
      const text = t(partOf(result, found), { count: count(values.length) });
      return [h("p", { class: "small" }, text), makeChart(histogram(values, result.results.find((one) => one.index === index), name), drawn).node];
    },
    signal,
    lines: 8,
  });

  for (const [one, name, show] of [[level, "level", list.reload], [measure, "measure", list.redraw]]) {
    one.input.addEventListener("change", () => { show(); choose({ [name]: one.value() }); });
  }
  return card(t("distribution"), { beside: h("div", { class: "filters" }, level.node, measure.node) }, list.node);
}

/** Which of the requests of a level are there: the key of a text. */
function partOf({ percentiles }, { pagination }) {
  if (pagination.has_more) return "newest_requests";
  return percentiles === "sketch" ? "kept_requests" : "all_requests";
}

function question(runId, level) {
  const filters = [{ field: "run_id", operator: "eq", value: runId }, { field: "level", operator: "eq", value: level }];
  return { filter: { operator: "and", filters }, limit: MOST_REQUESTS, fields: [...Object.values(MEASURES), "status_code", "warmup"] };
}

function histogram(values, level, name) {
  const low = Math.min(...values);
  const width = (Math.max(...values) - low) / BINS || 1;
  const bins = new Array(BINS).fill(0);
  for (const value of values) bins[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1;
  const stats = name === "ttft" ? level.ttft : level.e2e_latency;
  const marks = ["p50", "p95", "p99"].filter((one) => stats[one] !== null).map((one) => ({ x: stats[one], text: one }));
  const from = (at) => low + at * width;
  return {
    title: t("spread", { metric: t(`metric_${name}`), level: levelName(level) }), term: name, x: { title: t("milliseconds") }, y: { title: t("requests") }, marks,
    series: [{ name: t("requests"), kind: "bar", x: bins.map((_, at) => from(at + 0.5)), y: bins, text: bins.map((times, at) => `${number(from(at))}–${number(from(at + 1))} ms: ${count(times)}`) }],
  };
}
