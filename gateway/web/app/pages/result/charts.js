// What the levels say together: throughput against latency with the knee, percentiles, and objectives met.

import { makeChart } from "../../charts.js";
import { h } from "../../dom.js";
import { milliseconds, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { empty } from "../../parts/states.js";
import * as words from "../../texts/result.js";
import { byLoad, capacityFinding, countsTokens, isOpen, kneeOf, levelName, loadOf, throughputOf } from "./levels.js";

export const METRICS = { ttft: "ttft", tpot: "tpot", itl: "itl", e2e: "e2e_latency", response_time: "response_time", schedule_delay: "schedule_delay" };
const QUANTILES = ["min", "p50", "p90", "p95", "p99", "p999", "max"];
const OVER_LOAD = ["p50", "p90", "p95", "p99"];
const t = texts(words);

/** The charts. `findings()` promises what the rules have found; `choose(changes)` changes the address. */
export function levelCharts(result, { query, findings, choose, signal }) {
  const levels = byLoad(result.results);
  const inTokens = countsTokens(levels);
  const unit = inTokens ? t("tokens_per_second") : t("requests_per_second");
  const load = { title: isOpen(levels[0]) ? t("rate") : t("concurrency") };
  const latency = { title: t("milliseconds") };
  const said = h("p", { class: "small" });
  const knee = makeChart(kneeSpec(levels, inTokens, unit, null), signal);
  const loads = makeChart(loadSpec(levels, inTokens, unit, load, null), signal);
  findings().then((found) => {
    const at = kneeOf(found);
    knee.update(kneeSpec(levels, inTokens, unit, at));
    loads.update(loadSpec(levels, inTokens, unit, load, at));
    const finding = capacityFinding(found);
    said.textContent = finding ? [finding.title, ...finding.sentences].join(". ").replaceAll("..", ".") : "";
  }, () => {}); // the analysis has its own place to say that it failed

  const metric = Object.hasOwn(METRICS, query.metric ?? "") ? query.metric : "ttft";
  const choice = field({ name: "metric", label: t("metric"), type: "select", value: metric, options: Object.keys(METRICS).map((name) => [name, t(`metric_${name}`)]) });
  choice.node.classList.add("short-field");
  const across = makeChart(overLoad(levels, metric, load, latency), signal);
  const quantiles = makeChart(byQuantile(levels, metric, latency), signal);
  choice.input.addEventListener("change", () => {
    across.update(overLoad(levels, choice.value(), load, latency));
    quantiles.update(byQuantile(levels, choice.value(), latency));
    choose({ metric: choice.value() });
  });
  return [
    card(t("knee"), {}, said, h("div", { class: "columns" }, knee.node, loads.node)),
    card(t("latencies"), { beside: choice.node }, h("div", { class: "columns" }, across.node, quantiles.node)),
    card(t("goodput"), {}, goodput(levels, load, signal)),
  ];
}

function kneeSpec(levels, inTokens, unit, at) {
  const x = levels.map((one) => throughputOf(one, inTokens));
  const line = (name, of) => ({
    name, kind: "both", x, y: levels.map(of),
    text: levels.map((one, index) => `${levelName(one)}: ${number(x[index])} ${unit}, ${name} ${milliseconds(of(one))}`),
  });
  const kneeLevel = levels.find((one) => loadOf(one) === at);
  return {
    title: t("throughput_latency"), term: "knee", x: { title: unit }, y: { title: t("milliseconds") },
    series: [line("TTFT p50", (one) => one.ttft.p50), line("TTFT p95", (one) => one.ttft.p95), line("E2E p50", (one) => one.e2e_latency.p50), line("E2E p95", (one) => one.e2e_latency.p95)],
    marks: kneeLevel ? [{ x: throughputOf(kneeLevel, inTokens), text: t("knee_at", { level: levelName(kneeLevel) }) }] : [],
  };
}

function loadSpec(levels, inTokens, unit, load, at) {
  const interval = inTokens ? "throughput_tokens_per_sec_ci" : "request_rate_per_sec_ci";
  const y = levels.map((one) => throughputOf(one, inTokens));
  const edge = (name) => levels.map((one, index) => one[interval]?.[name] ?? y[index]);
  const x = levels.map(loadOf);
  return {
    title: t("throughput_load"), term: "throughput", x: load, y: { title: unit }, y2: { title: t("milliseconds") },
    series: [
      { name: t("throughput"), kind: "both", x, y, low: edge("low"), high: edge("high") },
      { name: "E2E p50", kind: "both", axis: 2, dashed: true, x, y: levels.map((one) => one.e2e_latency.p50) },
    ],
    marks: at === null ? [] : [{ x: at, text: t("knee") }],
  };
}

function overLoad(levels, metric, load, latency) {
  const x = levels.map(loadOf);
  const of = (one, name) => one[METRICS[metric]][name];
  return {
    title: t("percentiles_load", { metric: t(`metric_${metric}`) }), term: metric, x: load, y: latency,
    series: OVER_LOAD.map((name) => ({
      name, kind: "both", x, y: levels.map((one) => of(one, name)),
      ...(name === "p90" ? {} : { low: levels.map((one) => of(one, `${name}_ci`)?.low ?? of(one, name)), high: levels.map((one) => of(one, `${name}_ci`)?.high ?? of(one, name)) }),
    })),
  };
}

function byQuantile(levels, metric, latency) {
  return {
    title: t("percentile_curves", { metric: t(`metric_${metric}`) }), term: "percentile", x: { title: t("percentile"), categories: true }, y: latency,
    series: levels.map((one) => ({ name: levelName(one), kind: "both", x: QUANTILES.map((name) => (name === "p999" ? "p99.9" : name)), y: QUANTILES.map((name) => one[METRICS[metric]][name]) })),
  };
}

function goodput(levels, load, signal) {
  const met = levels.filter((one) => one.goodput);
  if (!met.length) return empty(t("no_objectives"), t("no_objectives_advice"));
  const { ttft_ms: ttft, tpot_ms: tpot, e2e_ms: e2e } = met[0].goodput.thresholds;
  const x = met.map(loadOf);
  const of = (name) => met.map(({ goodput: one }) => (one[name] === null ? null : 100 * one[name] / one.total_requests));
  const wanted = [["TTFT", ttft, "ttft_satisfied"], ["TPOT", tpot, "tpot_satisfied"], ["E2E", e2e, "e2e_satisfied"]].filter(([, limit]) => limit !== null && limit !== undefined);
  return makeChart({
    title: t("objectives_met"), term: "slo", x: load, y: { title: t("percent_of_all"), range: [0, 105] },
    series: [
      { name: t("goodput"), kind: "both", x, y: met.map(({ goodput: one }) => one.goodput_percent) },
      ...wanted.map(([name, limit, key]) => ({ name: `${name} ≤ ${milliseconds(limit)}`, kind: "both", dashed: true, x, y: of(key) })),
    ],
  }, signal).node;
}
