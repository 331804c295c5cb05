// One request: what is known of it, when its tokens came, its texts, and what people think of it.

import { path } from "../api.js";
import { h, replace } from "../dom.js";
import { NOTHING, count, dollars, milliseconds, moment, number } from "../format.js";
import { texts } from "../i18n.js";
import { badge } from "../parts/badge.js";
import { card, figure, figures } from "../parts/card.js";
import { region } from "../parts/region.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { link } from "../router.js";
import * as words from "../texts/traces.js";
import { feedback } from "./trace/feedback.js";
import { timeline } from "./trace/timeline.js";
import { STATES } from "./traces/table.js";

const t = texts(words);

export async function show({ root, parts, api, signal, setTitle }) {
  const [id] = parts;
  if (!id) {
    replace(root, empty(t("which"), t("which_advice"), h("a", { class: "button", href: link("traces") }, t("to_traces"))));
    return;
  }
  const found = region({
    load: () => api.get(path`/api/v1/traces/${id}`, { query: { include: "timeline,feedback,evaluations" } }),
    draw: ({ data }, drawn) => {
      setTitle(`${t("trace")} ${data.trace_id.slice(-8)}`);
      return [
        head(data),
        timeline(data, drawn),
        data.evaluations?.length && evaluations(data.evaluations),
        written(data),
        feedback(data, { api, signal, reload: () => found.reload() }),
        card(t("all_fields"), {}, facts(data)),
      ];
    },
    signal,
    lines: 10,
  });
  replace(root, found.node);
}

function head(trace) {
  const state = badge(t(`status_${trace.status_code}`), STATES[trace.status_code]);
  const run = h("a", { href: link("result", [trace.run_id], { level: trace.level }) }, t("of_run", { run: trace.run_id.slice(-8), level: trace.level }));
  return card(moment(trace.ts), { beside: state }, h("p", {}, h("code", {}, trace.trace_id), " · ", trace.model, " · ", run),
    trace.error_message && h("p", { class: "problem" }, trace.error_message),
    figures(
      figure("TTFT", milliseconds(trace.ttft_ms), { term: "ttft" }),
      figure("E2E", milliseconds(trace.duration_ms), { term: "e2e" }),
      figure(t("prompt_tokens"), count(trace.prompt_tokens)),
      figure(t("completion_tokens"), count(trace.completion_tokens)),
      figure(t("speed"), t("tokens_per_second", { value: number(trace.tokens_per_second) })),
      figure(t("cost"), dollars(trace.total_cost_usd)),
    ));
}

function evaluations(all) {
  const columns = [
    { key: "name", label: t("objective") },
    { key: "value", label: t("measured"), cell: (one) => milliseconds(one.value), numeric: true },
    { key: "threshold", label: t("allowed"), cell: (one) => milliseconds(one.threshold), numeric: true },
    { key: "passed", label: t("met"), cell: (one) => badge(t(one.passed ? "yes" : "no"), one.passed ? "completed" : "failed") },
  ];
  return card(t("objectives"), {}, table(columns, all, { caption: t("objectives") }));
}

/** The texts, if they were kept: never anything but text. */
function written({ input_text: input, output_text: output, redacted }) {
  if (input === undefined && output === undefined) return null;
  const text = (title, content) => h("details", { open: true }, h("summary", {}, title), h("pre", { class: "text", tabindex: "0" }, content ?? NOTHING));
  return card(t("texts"), {}, redacted && h("p", { class: "small" }, t("redacted")), text(t("prompt"), input), text(t("completion"), output));
}

function facts(trace) {
  const left = new Set(["timeline", "feedback", "evaluations", "children", "input_text", "output_text"]);
  const rows = Object.entries(trace).filter(([name]) => !left.has(name));
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, h("code", {}, name)), h("dd", {}, shown(value))]));
}

function shown(value) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
