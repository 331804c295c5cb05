// The same chart of every run in one: each run has its colour in all of them.

import { makeChart } from "../../charts.js";
import { h } from "../../dom.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import * as words from "../../texts/compare.js";

const RATE = "rate:";
const t = texts(words);

/** A level's key of the comparison as people write it. */
export function levelText(key) {
  return key.startsWith(RATE) ? t("rate_level", { rate: key.slice(RATE.length) }) : `c=${key}`;
}

/** `names` are the runs in order, as a map from identifier to name; open and closed loops have charts of their own. */
export function overlays(levels, names, signal) {
  const keys = Object.keys(levels);
  return [["load_concurrency", keys.filter((key) => !key.startsWith(RATE))], ["load_rate", keys.filter((key) => key.startsWith(RATE))]]
    .filter(([, some]) => some.length)
    .map(([title, some]) => charts(levels, some, names, t(title), signal));
}

function charts(levels, keys, names, load, signal) {
  const loadOf = (key) => Number(key.replace(RATE, ""));
  const ordered = [...keys].sort((a, b) => loadOf(a) - loadOf(b));
  const lineOf = (id, x, y) => {
    const figures = ordered.map((key) => [loadOf(key), levels[key].runs.find((one) => one.run_id === id)]).filter(([, one]) => one);
    return { x: figures.map(([at, one]) => x(at, one)), y: figures.map(([, one]) => y(one)), kind: "both" };
  };
  const series = (x, y) => [...names].map(([id, name], color) => ({ name, color, ...lineOf(id, x, y) }));
  const chart = (title, term, unit, y, x = (at) => at, xTitle = load) => makeChart({ title, term, x: { title: xTitle }, y: { title: unit }, series: series(x, y) }, signal).node;
  const all = keys.flatMap((key) => levels[key].runs);
  const inTokens = all.every((one) => one.throughput_tokens_per_sec !== null);
  const throughput = (one) => (inTokens ? one.throughput_tokens_per_sec : one.request_rate_per_sec);
  const unit = t(inTokens ? "tokens_per_second" : "requests_per_second");
  const milliseconds = t("milliseconds");
  const known = (title, term, of, what) => all.some((one) => one[of] !== null) && chart(title, term, what, (one) => one[of]);
  return card(`${t("overlays")}: ${load}`, {}, h(
    "div", { class: "columns" },
    chart(t("throughput"), "throughput", unit, throughput),
    chart(t("latency_throughput"), "knee", milliseconds, (one) => one.e2e_p50, (_, one) => throughput(one), unit),
    known("TTFT p50", "ttft", "ttft_p50", milliseconds),
    known("TTFT p99", "ttft", "ttft_p99", milliseconds),
    known("E2E p50", "e2e", "e2e_p50", milliseconds),
    known("E2E p99", "e2e", "e2e_p99", milliseconds),
    known("TPOT p50", "tpot", "tpot_p50", milliseconds),
    known(t("error_rate"), "error_rate", "error_rate_percent", t("percent_of_all")),
    known(t("goodput"), "goodput", "goodput_percent", t("percent_of_all")),
  ));
}
