// The charts of a run that goes on. One of them is drawn anew at a time, so that the page never stands still for all.

import { makeChart } from "../../charts.js";
import { h } from "../../dom.js";
import { texts } from "../../i18n.js";
import * as words from "../../texts/live.js";

const HEIGHT_PIXELS = 240;
const TURN_MILLISECONDS = 300;
const LATENCIES = ["ttft", "itl", "e2e"];
const t = texts(words);

/** The charts of a history; they follow it until the page is left. */
export function makeCharts(history, state, signal) {
  const drawers = [() => rateChart(history, state), () => flightChart(history, state), ...LATENCIES.map((name) => () => latencyChart(history, name))];
  const charts = drawers.map((draw) => makeChart(draw(), signal));
  let turn = 0;
  const drawn = drawers.map(() => 0);
  const timer = setInterval(() => {
    if (document.visibilityState !== "visible") return;
    turn = (turn + 1) % drawers.length;
    if (drawn[turn] === history.changes) return;
    drawn[turn] = history.changes;
    charts[turn].update(drawers[turn]());
  }, TURN_MILLISECONDS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return h("div", { class: "live-charts" }, charts.map(({ node }) => h("section", { class: "card" }, node)));
}

function column(history, name) {
  return history.points.map((point) => point[name] ?? null);
}

function shared(history, title) {
  return { title, x: { title: t("seconds") }, marks: history.marks, height: HEIGHT_PIXELS, follows: true };
}

function rateChart(history, { isOpen }) {
  const x = column(history, "at");
  const requested = { name: t("requested"), x, y: column(history, "load"), kind: "step", dashed: true, color: 7 };
  return {
    ...shared(history, t("rates")),
    series: [
      { name: t("achieved"), x, y: column(history, "request_rate"), color: 0 },
      ...(isOpen ? [requested] : []),
      { name: t("token_rate"), x, y: column(history, "token_rate"), axis: 2, color: 1 },
    ],
    y: { title: t("per_second") },
    y2: { title: t("tokens_per_second") },
  };
}

function flightChart(history, { isOpen }) {
  const x = column(history, "at");
  const requested = { name: t("requested"), x, y: column(history, "load"), kind: "step", dashed: true, color: 7 };
  return {
    ...shared(history, t("flight")),
    series: [
      { name: t("in_flight"), x, y: column(history, "in_flight"), color: 0 },
      ...(isOpen ? [] : [requested]),
      { name: t("errors"), x, y: column(history, "error_count"), color: 5 },
    ],
    y: { title: t("requests") },
  };
}

/**
 * p50 as a line, the band up to p99, p95 dashed within; of each level since it began. From before this page was opened
 * only the p50 of each second is known.
 */
function latencyChart(history, name) {
  const x = column(history, "at");
  const [low, middle, high] = ["p50", "p95", "p99"].map((part) => column(history, `${name}_${part}`));
  const seconds = column(history, `${name}_second`);
  return {
    ...shared(history, t(`${name}_chart`)),
    term: name,
    series: [
      { name: "p50", x, y: low, low, high, color: 0 },
      { name: "p95", x, y: middle, dashed: true, color: 0 },
      { name: "p99", x, y: high, color: 3 },
      ...(seconds.some((value) => value !== null) ? [{ name: t("each_second"), x, y: seconds, color: 7 }] : []),
    ],
    y: { title: "ms" },
  };
}
