// What the run will do, drawn before it starts, and the same run from a terminal.

import { makeChart } from "../../charts.js";
import { h, replace } from "../../dom.js";
import { clock, count, short } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { controllerAddress } from "../../parts/command.js";
import { copyable } from "../../parts/secret.js";
import { isSignedIn } from "../../session.js";
import * as words from "../../texts/new.js";
import { commandOf, curlOf } from "./commands.js";
import { nameOf } from "./dataset.js";
import { planOf, stepsOf } from "./plan.js";

const CHART_PIXELS = 220;
const t = texts(words);

/** {node, update({specification, problems})}. */
export function makeOutlook(signal) {
  const facts = h("div");
  const drawing = h("div");
  const commands = h("div", { class: "commands" });
  const node = h("div", { class: "outlook" }, card(t("plan"), {}, facts, drawing), card(t("terminal"), {}, commands));
  let chart = null;

  function update({ specification, problems }) {
    const unread = problems.map(([name, key, named]) => h("p", { class: "problem" }, `${t(name)}: ${t(key, named)}`));
    const plan = planOf(specification);
    replace(facts, unread, figuresOf(plan), !specification.server_url && h("p", { class: "small" }, t("no_target")));
    draw(plan);
    replace(commands, commandNodes(specification));
  }

  function draw(plan) {
    drawing.hidden = !plan.levels.length;
    if (drawing.hidden) return;
    const spec = chartOf(plan);
    if (chart) chart.update(spec);
    else {
      chart = makeChart(spec, signal);
      replace(drawing, chart.node);
    }
  }

  return { node, update };
}

function figuresOf(plan) {
  const unknown = plan.requests === null ? t("as_many_as_answered") : "";
  return figures(
    figure(t("levels"), count(plan.levels.length)),
    figure(t("requests"), count(plan.requests), { note: unknown || t("and_warmup", { count: count(plan.warmup) }) }),
    figure(t("prompt_tokens"), short(plan.promptTokens), { term: "tokens" }),
    figure(t("output_tokens"), short(plan.outputTokens), { note: plan.outputTokens === null ? "" : t("at_most") }),
    figure(t("length"), clock(plan.seconds), { note: plan.seconds === null ? t("server_decides") : "" }),
  );
}

function chartOf(plan) {
  const name = t(plan.isOpen ? "arrivals_per_second" : "in_flight");
  // Without a time or a number of requests, levels stand side by side.
  const known = plan.seconds !== null || plan.requests !== null;
  const { x, y, overTime } = stepsOf(known ? plan : { ...plan, levels: plan.levels.map(({ load }) => ({ load, requests: 1 })) });
  const across = known ? t(overTime ? "over_seconds" : "over_requests") : t("over_levels");
  return { title: t("plan_chart"), series: [{ name, x, y, kind: "step" }], x: { title: across }, y: { title: name }, height: CHART_PIXELS };
}

function commandNodes(specification) {
  const { command, missing } = commandOf(specification, controllerAddress(), nameOf(specification.dataset_asset));
  const curl = curlOf(specification, location.origin, { isSignedIn: isSignedIn() });
  return [
    h("h3", {}, t("command_line")),
    copyable(command),
    missing.length > 0 && h("p", { class: "small" }, t("no_flags", { names: missing.map((name) => t(name)).join(", ") })),
    h("h3", {}, "curl"),
    copyable(curl),
    h("p", { class: "small" }, t("from_environment")),
  ];
}
