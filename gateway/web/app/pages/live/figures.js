// The figures of a run that goes on. They are made once and only their texts change, so that a definition that is
// being read stays open.

import { clock, count, milliseconds, number, percent } from "../../format.js";
import { texts } from "../../i18n.js";
import { figure, figures } from "../../parts/card.js";
import * as words from "../../texts/live.js";
import { elapsed } from "./state.js";

const VERDICTS = { clean: "good", degraded: "warn", client_limited: "bad" };
const t = texts(words);

// [key of the text, term, (state) => {value, note, tone}]
const ALL = [
  ["progress", "", ({ overall, eta }) => ({ value: percent(overall / 100), note: eta === null ? "" : t("left", { time: clock(eta) }) })],
  ["elapsed", "", (state) => ({ value: clock(elapsed(state)) })],
  ["in_flight", "in_flight", ({ metrics, isOpen, levels, index }) => ({
    value: count(metrics.in_flight),
    note: !isOpen && index >= 0 ? t("of_requested", { value: count(levels[index].load) }) : "",
  })],
  ["achieved", "finished_rate", ({ metrics, isOpen, levels, index }) => ({
    value: number(metrics.request_rate),
    note: isOpen && index >= 0 ? t("of_requested", { value: number(levels[index].load) }) : "",
  })],
  ["token_rate", "throughput", ({ metrics }) => ({ value: number(metrics.token_rate) })],
  ["ttft", "ttft", latency("ttft")],
  ["itl", "itl", latency("itl")],
  ["e2e", "e2e", latency("e2e")],
  ["errors", "errors", ({ metrics }) => ({
    value: count(metrics.error_count),
    note: metrics.completed ? percent(metrics.error_count / metrics.completed) : "",
    tone: metrics.error_count ? "bad" : "",
  })],
  ["good", "goodput", ({ metrics, hasObjectives }) => (
    hasObjectives && metrics.completed ? { value: percent(metrics.good_count / metrics.completed) } : { value: "–", note: hasObjectives ? "" : t("no_objectives") }
  )],
  ["verdict", "verdict", ({ metrics }) => ({ value: VERDICTS[metrics.verdict] ? t(`verdict_${metrics.verdict}`) : "–", tone: VERDICTS[metrics.verdict] ?? "" })],
];

/** {node, update(state)}. */
export function makeFigures() {
  const nodes = ALL.map(([key, term]) => figure(t(key), "–", { term, note: " " }));

  function update(state) {
    ALL.forEach(([, , shown], index) => {
      const { value, note = "", tone = "" } = shown(state);
      const node = nodes[index];
      node.className = `figure ${tone}`;
      node.querySelector(".figure-value").textContent = value;
      node.querySelector(".figure-note").textContent = note;
    });
  }

  return { node: figures(nodes), update };
}

function latency(name) {
  return ({ metrics }) => ({ value: milliseconds(metrics[`${name}_p50`]), note: `p99 ${milliseconds(metrics[`${name}_p99`])}` });
}
