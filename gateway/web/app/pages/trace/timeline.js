// When the tokens of a request came: a staircase of tokens over time, and the gap before each.

import { h } from "../../dom.js";
import { milliseconds, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { makeChart } from "../../charts.js";
import { card, figure, figures } from "../../parts/card.js";
import * as words from "../../texts/traces.js";
import { median, stallsOf } from "./gaps.js";

const t = texts(words);

/** The drawn timeline; without one, why. */
export function timeline(trace, signal) {
  const events = trace.timeline ?? [];
  if (!events.length) return card(t("timeline"), {}, h("p", {}, t("no_timeline")));
  const offsets = events.map(({ offset_ms: at }) => at);
  const gaps = offsets.slice(1).map((at, index) => at - offsets[index]);
  const stalls = stallsOf(gaps);
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
    term: "icl",
    series: [{ name: t("gap"), x: offsets.slice(1), y: gaps, kind: "points" }],
    x: { title: t("since_sent") },
    y: { title: "ms" },
    height: 220,
  }, signal) : null;
  return card(t("timeline"), {}, figures(
    figure(t("events"), number(events.length)),
    figure(t("median_gap"), milliseconds(median(gaps)), { term: "icl" }),
    figure(t("largest_gap"), milliseconds(gaps.length ? largest(gaps) : null)),
    figure(t("stalls"), number(stalls.length), { term: "stalls", tone: stalls.length ? "warn" : "" }),
  ), staircase.node, beside?.node);
}

function largest(gaps) {
  return gaps.reduce((most, gap) => Math.max(most, gap), 0);
}

function sums(events) {
  let sum = 0;
  return [0, ...events.map(({ token_count: tokens }) => { sum += tokens; return sum; })];
}
