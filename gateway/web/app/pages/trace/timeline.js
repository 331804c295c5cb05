// When the tokens of a request came: a staircase of tokens over time, and the gap before each.

import { h } from "../../dom.js";
import { milliseconds, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { makeChart } from "../../charts.js";
import { card, figure, figures } from "../../parts/card.js";
import * as words from "../../texts/traces.js";

const STALL_GAPS = 10; // a gap of so many times the median is a stall in the eye of the reader
const t = texts(words);

/** The drawn timeline; without one, why. */
export function timeline(trace, signal) {
  const events = trace.timeline ?? [];
  if (!events.length) return card(t("timeline"), {}, h("p", {}, t("no_timeline")));
  const offsets = events.map(({ offset_ms: at }) => at);
  const gaps = offsets.slice(1).map((at, index) => at - offsets[index]);
  const largest = Math.max(0, ...gaps);
  const staircase = makeChart({
    title: t("tokens_over_time"),
    series: [{ name: t("tokens"), x: [0, ...offsets], y: sums(events), kind: "step" }],
    x: { title: t("since_sent") },
    y: { title: t("tokens") },
    marks: [{ x: offsets[0], text: "TTFT" }],
    height: 260,
  }, signal);
  const beside = gaps.length ? makeChart({
    title: t("gaps"),
    term: "itl",
    series: [{ name: t("gap"), x: offsets.slice(1), y: gaps, kind: "points" }],
    x: { title: t("since_sent") },
    y: { title: "ms" },
    height: 220,
  }, signal) : null;
  const middle = median(gaps);
  return card(t("timeline"), {}, figures(
    figure(t("events"), number(events.length)),
    figure(t("median_gap"), milliseconds(middle), { term: "itl" }),
    figure(t("largest_gap"), milliseconds(gaps.length ? largest : null), { tone: middle > 0 && largest > STALL_GAPS * middle ? "warn" : "" }),
  ), staircase.node, beside?.node);
}

function sums(events) {
  let sum = 0;
  return [0, ...events.map(({ token_count: tokens }) => { sum += tokens; return sum; })];
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
